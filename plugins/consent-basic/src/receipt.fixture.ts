import type { Receipt } from '@tenon/kernel/contracts'
import fc from 'fast-check'

/** Minutes after an arbitrary midnight. */
export const at = (minutes: number): Date => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000)

export const receipt = (over: Partial<Receipt> = {}): Receipt => ({
  id: 'r',
  purpose: 'marketing',
  state: 'granted',
  basis: 'consent',
  notice: '1',
  source: 'test',
  at: at(5),
  evidence: {},
  ...over,
})

const moment = fc.integer({ min: 0, max: 20 }).map(at)

export const anyReceipt: fc.Arbitrary<Receipt> = fc
  .record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    purpose: fc.constantFrom('collect', 'marketing', 'marketing.email', 'unheard.of'),
    state: fc.constantFrom('granted', 'denied', 'withdrawn'),
    basis: fc.constantFrom('consent', 'contract', 'legitimate-interest'),
    at: fc.oneof({ weight: 9, arbitrary: moment }, { weight: 1, arbitrary: fc.constant(new Date(Number.NaN)) }),
    ends: fc.option(fc.integer({ min: 0, max: 200 }).map(at), { nil: undefined }),
  })
  .map(({ ends, ...rest }) => receipt({ ...rest, ...(ends === undefined ? {} : { expiresAt: ends }) }))
