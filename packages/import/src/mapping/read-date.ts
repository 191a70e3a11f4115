import { DateTime, IANAZone, Info } from 'luxon'

/** Reads a date; undefined where the text is none of its form. */
export type DateReader = (text: string) => Date | undefined

const NUMERIC = /^[+-]?\d{1,17}(\.\d+)?$/
const OWN_OFFSET = /[T ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)$/
const OFFSET = /^[+-]\d{2}:\d{2}$/

/**
 * `seconds` and `milliseconds` count from 1970; `iso` is ISO 8601, also with a blank for the T; everything else are tokens of Unicode TR 35
 * as luxon knows them, with English names. A text without a zone of its own is in `zone`; of an hour that comes twice in autumn
 * the first is meant, one that is left out in spring is an hour later.
 */
export function dateReader(format: string, zone: string): DateReader | { readonly problem: string } {
  const named = zoneOf(zone)
  if (named === undefined) return { problem: `'${zone}' is no time zone` }
  if (format === 'seconds' || format === 'milliseconds') {
    const factor = format === 'seconds' ? 1_000 : 1
    return (text) => (NUMERIC.test(text) ? sound(new Date(Math.round(Number(text) * factor))) : undefined)
  }
  if (format === 'iso')
    return (text) => dateOf(DateTime.fromISO(text.replace(/^(\S+) (\d)/, '$1T$2'), { zone: named }), OWN_OFFSET.test(text))
  if (!/[yucLMdDoHhmsS]/.test(format)) return { problem: `'${format}' has no token of a date` }
  try {
    const parser = DateTime.buildFormatParser(format, { locale: 'en-US' })
    const hasOffset = /[Zz]/.test(format.replace(/'[^']*'/g, ''))
    return (text) => dateOf(DateTime.fromFormatParser(text, parser, { zone: named, locale: 'en-US' }), hasOffset)
  } catch {
    return { problem: `'${format}' is no format of dates` }
  }
}

function zoneOf(zone: string): string | undefined {
  if (OFFSET.test(zone)) return `UTC${zone}`
  return IANAZone.isValidZone(zone) || Info.normalizeZone(zone).isValid ? zone : undefined
}

function dateOf(read: DateTime, hasOffset: boolean): Date | undefined {
  if (!read.isValid) return undefined
  // Of two instants with one name luxon takes one by what time of year it is today.
  const [first = read] = hasOffset ? [read] : read.getPossibleOffsets()
  return sound(first.toJSDate())
}

const sound = (date: Date): Date | undefined => (Number.isNaN(date.getTime()) ? undefined : date)
