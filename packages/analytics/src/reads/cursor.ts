import { AnalyticsCursorInvalid } from '../errors.ts'

/** One page of a list; `next` is absent on the last. */
export interface Page<T> {
  readonly rows: readonly T[]
  readonly next?: string
}

/** A place in an ordered list, as opaque text. */
export const encodeCursor = (place: readonly (string | number)[]): string => Buffer.from(JSON.stringify(place)).toString('base64url')

/** What a part of a place is: a text, a number that counts or names something, or an instant that a row can have. */
export type Part = keyof typeof PARTS

const PARTS = {
  text: (part: unknown): part is string => typeof part === 'string',
  natural: (part: unknown): part is number => Number.isSafeInteger(part) && (part as number) >= 0,
  instant: (part: unknown): part is number =>
    Number.isSafeInteger(part) && (part as number) >= FIRST_INSTANT && (part as number) <= LAST_INSTANT,
}

/** From 1900 to 2299: the engine has no instants beyond, and answers others than those that it is asked for. */
const [FIRST_INSTANT, LAST_INSTANT] = [Date.UTC(1900, 0, 1), Date.UTC(2300, 0, 1) - 1]

export const cursorInvalid = (cursor: string): Error => AnalyticsCursorInvalid.create({ cursor: cursor.slice(0, 100) })

/** The place in a cursor of `shape`, or a coded error: cursors come back from strangers. */
export function decodeCursor(cursor: string, shape: readonly Part[]): readonly (string | number)[] {
  const invalid = (): Error => cursorInvalid(cursor)
  let place: unknown
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw invalid()
  }
  if (!Array.isArray(place) || place.length !== shape.length) throw invalid()
  return place.map((part: unknown, index) => {
    const kind = shape[index]
    if (kind === undefined || !PARTS[kind](part)) throw invalid()
    return part
  })
}

/** A page out of one row more than its limit. */
export function pageOf<T>(rows: readonly T[], limit: number, place: (last: T) => readonly (string | number)[]): Page<T> {
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return Object.freeze({ rows })
  return Object.freeze({ rows: rows.slice(0, limit), next: encodeCursor(place(last)) })
}
