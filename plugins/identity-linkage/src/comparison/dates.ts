const DAY_MS = 86_400_000

/** `19800312` and `19801203`: day and month in the order of another country. Of canonical dates. */
export function isDayMonthSwapped(left: string, right: string): boolean {
  return left.slice(0, 4) === right.slice(0, 4) && left.slice(4, 6) === right.slice(6, 8) && left.slice(6, 8) === right.slice(4, 6)
}

/** Whether two canonical dates lie at most so many days apart; an impossible day counts into the next month. */
export function isWithinDays(left: string, right: string, days: number): boolean {
  return Math.abs(timeOf(left) - timeOf(right)) <= days * DAY_MS
}

const timeOf = (date: string): number => Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6, 8)))
