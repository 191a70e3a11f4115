import { AnalyticsCursorInvalid } from '../errors.ts'

/** One page of a list; `next` is absent on the last. */
export interface Page<T> {
  readonly rows: readonly T[]
  readonly next?: string
}

/** A place in an ordered list, as opaque text. */
export const encodeCursor = (place: readonly (string | number)[]): string => Buffer.from(JSON.stringify(place)).toString('base64url')

/** The place in a cursor of `shape`, or a coded error: cursors come back from strangers. */
export function decodeCursor(cursor: string, shape: readonly ('string' | 'number')[]): readonly (string | number)[] {
  const invalid = (): Error => AnalyticsCursorInvalid.create({ cursor: cursor.slice(0, 100) })
  let place: unknown
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw invalid()
  }
  if (!Array.isArray(place) || place.length !== shape.length) throw invalid()
  return place.map((part: unknown, index) => {
    if (typeof part === 'number' && shape[index] === 'number' && Number.isSafeInteger(part)) return part
    if (typeof part === 'string' && shape[index] === 'string') return part
    throw invalid()
  })
}

/** A page out of one row more than its limit. */
export function pageOf<T>(rows: readonly T[], limit: number, place: (last: T) => readonly (string | number)[]): Page<T> {
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return Object.freeze({ rows })
  return Object.freeze({ rows: rows.slice(0, limit), next: encodeCursor(place(last)) })
}
