/**
 * The dates of the rule language: `2026-04-01`, `2026-04-01T09:30`, with seconds, fractions and an offset or `Z` where
 * wanted. Without an offset they are in the zone of the workspace. Years 1901 to 2298: what every store can hold.
 */
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$/

/** The same as a pattern for engines with RE2 syntax; whether the day exists is for the engine to check. */
export const INSTANT_PATTERN =
  '^(19(0[1-9]|[1-9][0-9])|2[01][0-9][0-9]|22([0-8][0-9]|9[0-8]))-[0-9]{2}-[0-9]{2}(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$'

/** Milliseconds since 1970 of a date text, fractions of a millisecond cut off; undefined when it is no date. */
export function instantOf(text: string, zone: string): number | undefined {
  const [, y, mo, d, h = '0', mi = '0', s = '0', fraction = '', offset] = DATE.exec(text) ?? []
  const [year, month, day] = [Number(y), Number(mo), Number(d)]
  if (!(year >= 1901 && year <= 2298)) return undefined
  const midnight = new Date(Date.UTC(year, month - 1, day))
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const wall = midnight.getTime() + Number(h) * 3_600_000 + Number(mi) * 60_000 + Number(s) * 1_000 + milliseconds
  if (offset === undefined) return fromWallClock(wall, zone)
  return wall - offsetMs(offset)
}

const offsetMs = (offset: string): number =>
  offset === 'Z' ? 0 : (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6))) * 60_000

/** The first instant of the calendar day that lies so many days before the one of `instant`, in `zone`. */
export function startOfDay(instant: number, zone: string, daysBefore: number): number {
  return fromWallClock((dayOf(instant, zone) - daysBefore) * 86_400_000, zone)
}

/** The calendar day of an instant in a zone, counted from 1970-01-01. */
export function dayOf(instant: number, zone: string): number {
  return Math.floor(toWallClock(instant, zone) / 86_400_000)
}

/** Where a clock jumps over the wall time, the instant after the jump; where it shows it twice, the first. */
function fromWallClock(wall: number, zone: string): number {
  if (zone === 'UTC') return wall
  const candidates = [-86_400_000, 86_400_000].map((shift) => wall - (toWallClock(wall + shift, zone) - (wall + shift)))
  const exact = candidates.filter((instant) => toWallClock(instant, zone) === wall)
  return exact.length > 0 ? Math.min(...exact) : Math.max(...candidates)
}

function toWallClock(instant: number, zone: string): number {
  if (zone === 'UTC') return instant
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(instant)
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)?.value)
  const seconds = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return seconds + (((instant % 1_000) + 1_000) % 1_000)
}
