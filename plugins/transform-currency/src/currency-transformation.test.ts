import type { Properties } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currencyConfig } from './config.ts'
import { currencyTransformation } from './currency-transformation.ts'
import { decimalOf, numberOf, rounded } from './decimal.ts'
import { eventWith } from './event.fixture.ts'

const asked = { workspace: 'shop', purpose: 'collect', signal: new AbortController().signal }
const RATES = { '2026-01-10': { USD: 1.08, JPY: '160' }, '2026-01-14': { USD: '1.0843' }, '2026-01-16': { USD: 2 } }

async function outcomeOf(properties: Properties, config: object = {}, at?: string) {
  const { transform } = currencyTransformation(currencyConfig.parse({ base: 'EUR', rates: RATES, ...config }))
  const [outcome] = await transform({ events: [eventWith(properties, at)] }, asked)
  return outcome
}

async function addedTo(properties: Properties, config: object = {}, at?: string): Promise<unknown> {
  const outcome = await outcomeOf(properties, config, at)
  return outcome?.kind === 'changed' ? outcome.parts.properties : outcome?.kind
}

describe('amounts', () => {
  it('are added in the base currency, with rate and day, beside the original', async () => {
    const properties = { currency: 'usd', revenue: 108.43, total: '10.00', quantity: 3 }
    expect(await addedTo(properties)).toEqual({
      ...properties,
      base: { currency: 'EUR', rate: 1.0843, date: '2026-01-14', revenue: 100, total: 9.22 },
    })
  })

  it('take the rate of the day, or the last one that is not too old', async () => {
    const dateAt = async (at: string, config = {}) => {
      const added = await addedTo({ currency: 'USD', value: 1 }, config, at)
      return typeof added === 'object' && added !== null && 'base' in added ? added.base : added
    }
    expect(await dateAt('2026-01-13T23:59:59Z')).toMatchObject({ date: '2026-01-10' })
    expect(await dateAt('2026-01-14T00:00:00Z')).toMatchObject({ date: '2026-01-14' })
    expect(await dateAt('2026-01-17T00:00:00Z')).toMatchObject({ date: '2026-01-16', value: 0.5 })
    expect(await dateAt('2026-01-09T23:59:59Z')).toBe('kept')
    expect(await dateAt('2026-01-13T00:00:00Z', { maxAgeDays: 2 })).toBe('kept')
    expect(await dateAt('2026-01-23T23:00:00Z')).toMatchObject({ date: '2026-01-16' })
    expect(await dateAt('2026-01-24T00:00:00Z')).toBe('kept')
  })

  it('in the base currency are as they are', async () => {
    expect(await addedTo({ currency: 'EUR', value: 9.999 })).toMatchObject({ base: { rate: 1, date: '2026-01-15', value: 10 } })
    expect(await addedTo({ value: 5 }, { assume: 'EUR' })).toMatchObject({ base: { value: 5 } })
  })

  it('know the digits of their currency', async () => {
    const rates = { '2026-01-15': { USD: 150 } }
    expect(await addedTo({ currency: 'USD', value: 1.005 }, { base: 'JPY', rates, quoted: 'base-per-unit' })).toMatchObject({
      base: { value: 151 },
    })
    expect(await addedTo({ currency: 'USD', value: 1 }, { base: 'KWD', rates })).toMatchObject({ base: { value: 0.007 } })
    expect(await addedTo({ currency: 'USD', value: 1 }, { digits: 5 })).toMatchObject({ base: { value: 0.92225 } })
  })

  it.each<[string, Properties]>([
    ['without an amount', { currency: 'USD', name: 'x' }],
    ['without a currency', { value: 1 }],
    ['of a currency that is none', { currency: 'dollars', value: 1 }],
    ['of a currency without a rate', { currency: 'CHF', value: 1 }],
    ['that are no numbers', { currency: 'USD', value: 'ten', total: null, price: [1], revenue: '1,50' }],
    ['beyond what a number tells', { currency: 'USD', value: 1e300 }],
    ['beside something of that name', { currency: 'USD', value: 1, base: 'mine' }],
  ])('%s are left alone', async (_what, properties) => {
    expect(await addedTo(properties)).toBe('kept')
  })

  it('without a rate fail where that is wanted', async () => {
    expect(await outcomeOf({ currency: 'CHF', value: 1 }, { missing: 'fail' })).toEqual({
      kind: 'failed',
      code: 'NO_RATE',
      message: 'there is no rate of CHF for 2026-01-15',
    })
  })

  it('come with a configuration that is checked', () => {
    for (const wrong of [{ USD: 0 }, { USD: -1 }, { USD: 'much' }, { dollar: 1 }, { USD: '1e9999' }]) {
      expect(currencyConfig.safeParse({ base: 'EUR', rates: { '2026-01-01': wrong } }).success).toBe(false)
    }
    expect(currencyConfig.safeParse({ base: 'EUR', rates: { 'last week': { USD: 1 } } }).success).toBe(false)
  })
})

const decimal = fc.tuple(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.nat(8)).map(([digits, scale]) => ({ digits, scale }))
const positive = fc.tuple(fc.bigInt(1n, 10n ** 9n), fc.nat(8)).map(([digits, scale]) => ({ digits, scale }))

describe('decimals', () => {
  it('are rounded to the nearest, half away from zero: by cross multiplication', () => {
    fc.assert(
      fc.property(decimal, positive, positive, fc.nat(4), (value, times, over, places) => {
        const { digits } = rounded({ value, times, over }, places)
        // value·times/over = exact; |digits·10^-places − exact| ≤ 10^-places / 2, all brought to whole numbers.
        const scaleUp = (of: { readonly digits: bigint; readonly scale: number }) => of.digits * 10n ** BigInt(16 - of.scale)
        const exact = scaleUp(value) * scaleUp(times) * 10n ** BigInt(places)
        const unit = scaleUp(over) * 10n ** 16n
        const error = 2n * (digits * unit - exact)
        expect(error <= unit && error >= -unit).toBe(true)
        if (error === unit || error === -unit) expect(error > 0n).toBe(exact > 0n)
      }),
    )
  })

  it('read what JSON writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), (number) => {
        const read = decimalOf(number)
        expect(read).toBeDefined()
        const back = read === undefined ? undefined : numberOf(read)
        if (back !== undefined) expect(back === number || (back === 0 && number === 0)).toBe(true)
      }),
    )
    expect(decimalOf('-12.50')).toEqual({ digits: -1250n, scale: 2 })
    expect(decimalOf('1.5e3')).toEqual({ digits: 1500n, scale: 0 })
    for (const none of ['', '1,5', '1.', '.5', '0x10', 'NaN', null, true, [1], Number.NaN, '9'.repeat(50)])
      expect(decimalOf(none)).toBeUndefined()
  })
})
