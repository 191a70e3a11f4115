import type { Place } from './places.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** How many visits the hours of a day get, midnight first. */
const HOURS: readonly number[] = [4, 2, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 14, 12, 10, 10, 11, 12, 14, 17, 20, 19, 14, 8]
const HOURS_TOTAL = HOURS.reduce((total, weight) => total + weight, 0)
/** Sunday first. */
const WEEKDAYS: readonly number[] = [1.25, 0.9, 0.9, 0.95, 0.95, 1.05, 1.3]

interface Feast {
  readonly countries: readonly Place['country'][]
  /** Month and day on which it is at its height. */
  readonly month: number
  readonly day: number
  readonly days: number
  readonly times: number
}

const FEASTS: readonly Feast[] = [
  { countries: ['CN'], month: 11, day: 11, days: 6, times: 3 },
  { countries: ['CN'], month: 6, day: 18, days: 5, times: 2.2 },
  { countries: ['CN'], month: 2, day: 1, days: 14, times: 1.4 },
  { countries: ['GB', 'US'], month: 11, day: 28, days: 5, times: 2.6 },
  { countries: ['GB', 'US'], month: 12, day: 16, days: 12, times: 2 },
]

/** How busy a day is for people of a place; 1 is an ordinary day. */
export function seasonOf(instant: number, { country, hoursFromUtc }: Place): number {
  const day = new Date(instant + hoursFromUtc * HOUR_MS)
  const weekday = WEEKDAYS[day.getUTCDay()] ?? 1
  return FEASTS.filter(({ countries }) => countries.includes(country)).reduce((busy, { month, day: at, days, times }) => {
    const away = Math.abs(day.getTime() - Date.UTC(day.getUTCFullYear(), month - 1, at)) / DAY_MS
    return away < days ? busy * (1 + (times - 1) * (1 - away / days)) : busy
  }, weekday)
}

/** The instant on the same local day at which somebody with this luck (0 to 1) goes shopping. */
export function hourOf(instant: number, { hoursFromUtc }: Place, luck: number): number {
  const local = instant + hoursFromUtc * HOUR_MS
  const midnight = local - (local % DAY_MS)
  let rest = luck * HOURS_TOTAL
  const hour = Math.max(
    0,
    HOURS.findIndex((weight) => {
      rest -= weight
      return rest < 0
    }),
  )
  const within = 1 + rest / (HOURS[hour] ?? 1)
  return midnight + Math.round((hour + within) * HOUR_MS) - hoursFromUtc * HOUR_MS
}
