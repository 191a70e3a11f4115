const MILLISECONDS = Object.freeze({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 })

type Unit = keyof typeof MILLISECONDS

const isUnit = (text: string): text is Unit => Object.hasOwn(MILLISECONDS, text)

/** Milliseconds of a duration such as `30s`, `10m` or `1d`; undefined when it is none or not positive. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text) ?? []
  if (amount === undefined || unit === undefined || !isUnit(unit)) return undefined
  const milliseconds = Number(amount) * MILLISECONDS[unit]
  return milliseconds >= 1 && Number.isSafeInteger(Math.round(milliseconds)) ? Math.round(milliseconds) : undefined
}
