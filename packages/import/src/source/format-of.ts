import type { FileSource, Format } from './source.ts'

export interface FileForm {
  readonly format: Format
  readonly delimiter: string
  readonly header: boolean
  readonly encoding: string | undefined
  /** As the engine calls it. */
  readonly compression: 'none' | 'gz' | 'zst' | 'xz' | 'bz2' | 'br'
}

const ENDINGS: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  parquet: 'parquet',
}

const PACKED: Readonly<Record<string, FileForm['compression']>> = { gz: 'gz', zst: 'zst', zstd: 'zst', xz: 'xz', bz2: 'bz2', br: 'br' }

/** What a file is, by what was said and by its name; undefined where neither tells the format. */
export function formOf(source: FileSource, fileName: string): FileForm | undefined {
  const endings = fileName.toLowerCase().split('.').slice(1)
  const compression = PACKED[endings.at(-1) ?? ''] ?? 'none'
  const ending = endings.at(compression === 'none' ? -1 : -2) ?? ''
  const format = source.format ?? ENDINGS[ending]
  if (format === undefined) return undefined
  const delimiter = source.delimiter ?? (ending === 'tsv' ? '\t' : ',')
  const encoding = source.encoding === 'utf-8' ? undefined : source.encoding
  return { format, delimiter, header: source.header ?? true, encoding, compression: format === 'parquet' ? 'none' : compression }
}
