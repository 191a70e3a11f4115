import type { Properties } from '@tenon/kernel/contracts'

/**
 * The location of a record, in the words of the Segment specification. Understands the records of MaxMind and DB-IP (nested, names by
 * language) and those of ip-location-db (flat). Undefined where the record tells no country and no city.
 */
export function locationOf(record: unknown): Properties | undefined {
  const countryCode = textAt(record, 'country', 'iso_code') ?? textAt(record, 'country_code')
  const city = nameAt(record, 'city') ?? textAt(record, 'city')
  if (countryCode === undefined && city === undefined) return undefined
  const facts = {
    city,
    country: nameAt(record, 'country') ?? nameOfCountry(countryCode),
    countryCode,
    region: nameAt(record, 'subdivisions', '0') ?? textAt(record, 'state1'),
    regionCode: textAt(record, 'subdivisions', '0', 'iso_code'),
    postalCode: textAt(record, 'postal', 'code') ?? textAt(record, 'postcode'),
    latitude: numberAt(record, 'location', 'latitude') ?? numberAt(record, 'latitude'),
    longitude: numberAt(record, 'location', 'longitude') ?? numberAt(record, 'longitude'),
    timezone: textAt(record, 'location', 'time_zone') ?? textAt(record, 'timezone'),
  }
  return Object.freeze(Object.fromEntries(Object.entries(facts).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))))
}

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

function nameOfCountry(code: string | undefined): string | undefined {
  return code !== undefined && /^[A-Z]{2}$/.test(code) ? countryNames.of(code) : undefined
}

const nameAt = (record: unknown, ...path: readonly string[]): string | undefined => textAt(record, ...path, 'names', 'en')

function textAt(record: unknown, ...path: readonly string[]): string | undefined {
  const found = at(record, path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

function numberAt(record: unknown, ...path: readonly string[]): number | undefined {
  const found = at(record, path)
  const number = typeof found === 'string' ? Number.parseFloat(found) : found
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

function at(record: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined),
    record,
  )
}
