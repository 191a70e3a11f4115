import type { FilePiece } from './pieces.ts'

/** An archive of honest rows is a tenth of them or so; a bomb is a thousandth. */
const UNPACKED = 200
const LEAST_BYTES = 64 * 1024 * 1024
/** Of an archive whose size nobody knows. */
const UNKNOWN_BYTES = 16 * 1024 ** 3

/** How many bytes of rows may come out of an archive; any number out of what is none. */
export function unpackLimit({ form, bytes }: FilePiece): number | undefined {
  if (form.compression === 'none') return undefined
  return bytes === undefined ? UNKNOWN_BYTES : Math.max(LEAST_BYTES, bytes * UNPACKED)
}

/** A text column as UTF-8. */
export const decoded = (column: string, encoding: string | undefined): string =>
  encoding === undefined ? column : `convertCharset(${column}, '${encoding}', 'utf-8')`
