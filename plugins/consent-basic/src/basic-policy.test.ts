import type { CallContext, Receipt } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBasicPolicy } from './basic-policy.ts'
import { config } from './config.ts'
import { anyReceipt, at, receipt } from './receipt.fixture.ts'

const policy = createBasicPolicy(config.parse({}))
const context: CallContext = { workspace: 'w', purpose: 'collect', now: at(100), signal: new AbortController().signal }
const decide = (purpose: string, receipts: readonly Receipt[], now = at(100)) =>
  policy.decide({ purpose, action: 'send', receipts, traits: {} }, { ...context, now })
const may = (purpose: string, receipts: readonly Receipt[], now = at(100)): boolean => decide(purpose, receipts, now).granted

describe('without a receipt', () => {
  it.each(['collect', 'profile', 'personalise', 'benefit', 'service'])('%s is allowed until the person objects', (purpose) => {
    expect(may(purpose, [])).toBe(true)
    expect(may(purpose, [receipt({ purpose, state: 'denied' })])).toBe(false)
    expect(may(purpose, [receipt({ purpose, state: 'withdrawn' })])).toBe(false)
  })

  it.each(['marketing', 'marketing.email', 'marketing.email.offers'])('%s needs a grant', (purpose) => {
    expect(decide(purpose, [])).toEqual({ granted: false, reason: { code: 'NO_CONSENT', detail: { purpose } } })
    expect(decide(purpose, [receipt({ purpose, id: 'r1' })])).toEqual({ granted: true, basis: 'consent', receipt: 'r1' })
  })

  it.each(['', 'sell', 'marketing.', '.marketing', 'Marketing', 'marketing..email', '__proto__', 'constructor', 'collected'])(
    'the unknown purpose "%s" is denied, whatever was granted',
    (purpose) => {
      expect(may(purpose, [receipt({ purpose }), receipt({ purpose: 'marketing' })])).toBe(false)
    },
  )
})

describe('inheritance', () => {
  it('covers the parts by a grant of the whole, unless a part was denied', () => {
    const whole = receipt({ purpose: 'marketing', at: at(9) })
    expect(may('marketing.email', [whole])).toBe(true)
    expect(may('marketing.email', [whole, receipt({ purpose: 'marketing.email', state: 'denied', at: at(1) })])).toBe(false)
    expect(may('marketing.sms', [whole, receipt({ purpose: 'marketing.email', state: 'denied' })])).toBe(true)
  })

  it('denies the parts with the whole, even those granted later', () => {
    const denied = receipt({ purpose: 'marketing', state: 'denied', at: at(1) })
    expect(may('marketing.email', [denied, receipt({ purpose: 'marketing.email', at: at(9) })])).toBe(false)
  })

  it('does not grant the whole with a part', () => {
    expect(may('marketing', [receipt({ purpose: 'marketing.email' })])).toBe(false)
  })
})

describe('time', () => {
  it('lets the newest win, and the denial at a tie', () => {
    const yes = receipt({ at: at(5) })
    expect(may('marketing', [receipt({ state: 'denied', at: at(4) }), yes])).toBe(true)
    expect(may('marketing', [receipt({ state: 'denied', at: at(5) }), yes])).toBe(false)
    expect(may('marketing', [receipt({ state: 'denied', at: at(6) }), yes])).toBe(false)
  })

  it('ends a grant at its expiry and leaves older denials standing', () => {
    const yes = receipt({ at: at(5), expiresAt: at(50) })
    expect(may('marketing', [yes], at(49))).toBe(true)
    expect(may('marketing', [yes], at(50))).toBe(false)
    const objected = receipt({ purpose: 'profile', state: 'denied', at: at(1) })
    expect(may('profile', [objected, receipt({ purpose: 'profile', at: at(5), expiresAt: at(50) })], at(60))).toBe(false)
  })

  it('does not bring a grant back when the denial after it runs out', () => {
    const receipts = [receipt({ at: at(5) }), receipt({ state: 'denied', at: at(6), expiresAt: at(50) })]
    expect(may('marketing', receipts, at(60))).toBe(false)
  })

  it('does not bring a wider grant back when the narrower one after it runs out', () => {
    const receipts = [receipt({ at: at(5) }), receipt({ at: at(6), expiresAt: at(50) })]
    expect([may('marketing', receipts, at(49)), may('marketing', receipts, at(50))]).toEqual([true, false])
    // Said before, it is not what counts; said again, it is.
    expect(may('marketing', [receipt({ at: at(5) }), receipt({ at: at(4), expiresAt: at(50) })], at(60))).toBe(true)
    expect(may('marketing', [...receipts, receipt({ at: at(55) })], at(60))).toBe(true)
    // What is no grant at all hides none.
    expect(
      may('marketing', [receipt({ at: at(5) }), receipt({ at: at(6), basis: 'legitimate-interest', expiresAt: at(50) })], at(60)),
    ).toBe(true)
  })

  it('reads what is unclear as no', () => {
    expect(may('marketing', [receipt({ at: new Date(Number.NaN) })])).toBe(false)
    expect(may('marketing', [receipt({ expiresAt: new Date(Number.NaN) })])).toBe(false)
    expect(may('marketing', [receipt({ at: at(101) })])).toBe(false)
    expect(may('marketing', [receipt({ basis: 'legitimate-interest' })])).toBe(false)
    expect(may('marketing', [receipt({ at: at(5) }), receipt({ state: 'denied', at: new Date(Number.NaN) })])).toBe(false)
  })
})

describe('properties', () => {
  const receipts = fc.array(anyReceipt, { maxLength: 8 })

  it('fails closed: without a usable grant nothing that needs consent is granted', () => {
    fc.assert(
      fc.property(receipts, fc.constantFrom('marketing', 'marketing.email', 'unheard.of'), (ledger, purpose) => {
        const usable = ledger.some((r) => r.state === 'granted' && purpose.startsWith(r.purpose) && r.purpose.startsWith('marketing'))
        if (!usable) expect(may(purpose, ledger)).toBe(false)
      }),
    )
  })

  it('does not depend on the order of delivery', () => {
    const shuffled = receipts.chain((ledger) => fc.tuple(fc.constant(ledger), fc.shuffledSubarray(ledger, { minLength: ledger.length })))
    fc.assert(
      fc.property(shuffled, fc.constantFrom('collect', 'marketing', 'marketing.email'), ([ledger, other], purpose) => {
        expect(decide(purpose, other)).toEqual(decide(purpose, ledger))
      }),
    )
  })

  it('lets a denial after everything else win, on the purpose and on its parents', () => {
    fc.assert(
      fc.property(receipts, fc.constantFrom('marketing', 'marketing.email'), (ledger, purpose) => {
        expect(may('marketing.email', [...ledger, receipt({ purpose, state: 'withdrawn', at: at(99) })])).toBe(false)
      }),
    )
  })

  it('never grants more after one more denial', () => {
    fc.assert(
      fc.property(receipts, anyReceipt, fc.constantFrom('collect', 'marketing', 'marketing.email'), (ledger, extra, purpose) => {
        if (!may(purpose, ledger)) expect(may(purpose, [...ledger, { ...extra, state: 'denied' }])).toBe(false)
      }),
    )
  })
})

describe('configuration', () => {
  it('adds purposes to the defaults and lets an edition replace one', () => {
    const own = createBasicPolicy(
      config.parse({
        purposes: [
          { purpose: 'collect', label: { en: 'Keep a record' }, bases: ['consent'], requires: 'consent' },
          { purpose: 'research', label: { en: 'Research', zh: '研究' }, bases: ['public-interest'], requires: 'objection' },
        ],
      }),
    )
    const granted = (purpose: string) => own.decide({ purpose, action: 'store', receipts: [], traits: {} }, context).granted
    expect([granted('collect'), granted('research'), granted('service')]).toEqual([false, true, true])
  })

  it('refuses a purpose that would be allowed on no basis at all', () => {
    const bad = { purposes: [{ purpose: 'research', label: { en: 'R' }, bases: ['consent'], requires: 'objection' }] }
    expect(config.safeParse(bad).success).toBe(false)
  })

  it('prints itself as JSON Schema', () => {
    expect(config['~standard'].jsonSchema.input({ target: 'draft-2020-12' })).toHaveProperty('properties.categories')
  })
})
