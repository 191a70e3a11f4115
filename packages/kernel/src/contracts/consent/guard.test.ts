import { describe, expect, it } from 'vitest'
import { guardTools } from '../guard-tools.fixture.ts'
import { sampleContext, sampleDay } from '../suite/sample-context.ts'
import type { ConsentPolicy, Decision, Receipt } from './contract.ts'
import { guardConsentPolicy } from './guard.ts'

const receiptOf = (state: Receipt['state'], overrides: Partial<Receipt> = {}): Receipt => ({
  id: 'r',
  purpose: 'marketing',
  state,
  basis: 'consent',
  notice: '1',
  source: 's',
  at: sampleDay(-1),
  evidence: {},
  ...overrides,
})
const grant = receiptOf('granted')

const policyOf = (overrides: Partial<Record<keyof ConsentPolicy, unknown>>): ConsentPolicy =>
  ({
    jurisdictions: ['*'],
    purposes: [
      { purpose: 'marketing', label: { en: 'M' }, bases: ['consent'] },
      { purpose: 'service', label: { en: 'S' }, bases: ['contract'] },
    ],
    decide: () => ({ granted: true, basis: 'consent', receipt: 'r' }),
    stricter: (left: Receipt) => left,
    interpret: () => [],
    ...overrides,
  }) as ConsentPolicy

const guarded = (overrides: Partial<Record<keyof ConsentPolicy, unknown>>) => guardConsentPolicy(policyOf(overrides), guardTools())

function decide(decision: unknown, receipts: readonly Receipt[] = [grant], purpose = 'marketing'): Decision {
  const answer = typeof decision === 'function' ? decision : () => decision
  return guarded({ decide: answer }).decide({ purpose, action: 'send', receipts, traits: {} }, sampleContext({ purpose }))
}

const yes = { granted: true, basis: 'consent', receipt: 'r' }

describe('the guard of consent', () => {
  it('passes what rests on something', () => {
    expect(decide(yes)).toEqual(yes)
    expect(decide(yes, [grant], 'marketing.email')).toEqual(yes)
    expect(decide({ granted: true, basis: 'contract' }, [], 'service')).toMatchObject({ granted: true })
    expect(decide({ granted: false, reason: { code: 'no', detail: {} } })).toMatchObject({ granted: false, reason: { code: 'no' } })
  })

  it.each<[string, unknown, readonly Receipt[] | undefined, string | undefined]>([
    ['throws', () => JSON.parse('{'), undefined, undefined],
    ['answers nothing', undefined, undefined, undefined],
    ['answers a promise', Promise.resolve(yes), undefined, undefined],
    ['answers something truthy', { granted: 'yes', basis: 'consent' }, undefined, undefined],
    ['invents a basis', { granted: true, basis: 'because' }, undefined, undefined],
    ['takes the basis of another purpose', { granted: true, basis: 'contract' }, undefined, undefined],
    ['names a receipt of somebody else', { ...yes, receipt: 'other' }, undefined, undefined],
    ['grants without a receipt', { granted: true, basis: 'consent' }, [], undefined],
    ['grants on a refusal', yes, [receiptOf('denied')], undefined],
    ['grants on what has run out', yes, [receiptOf('granted', { expiresAt: sampleDay(-1) })], undefined],
    ['grants on another purpose', yes, [receiptOf('granted', { purpose: 'service' })], undefined],
    ['grants the whole on a part', yes, [receiptOf('granted', { purpose: 'marketing.email' })], undefined],
    ['grants a purpose that it does not describe', yes, undefined, 'research'],
    ['grants a purpose whose name only begins alike', yes, undefined, 'marketingx'],
  ])('says no where a policy %s', (_what, decision, receipts, purpose) => {
    expect(decide(decision, receipts, purpose)).toMatchObject({ granted: false, reason: { detail: { policy: 'acme.evil' } } })
  })

  it.each<[string, unknown]>([
    ['the looser', (left: Receipt, right: Receipt) => (left.state === 'granted' ? left : right)],
    ['one of its own', () => receiptOf('granted', { id: 'x' })],
    ['nothing', () => undefined],
    ['to throw', () => JSON.parse('{')],
  ])('lets the stricter bind where a policy chooses %s', (_what, stricter) => {
    const refusal = receiptOf('withdrawn', { id: 'w' })
    const policy = guarded({ stricter })
    expect(policy.stricter(grant, refusal)).toBe(refusal)
    expect(policy.stricter(refusal, grant)).toBe(refusal)
  })

  it('reads valid receipts out of a signal, and nothing out of a failure', () => {
    const signal = { format: 'f', value: 1, at: sampleDay() }
    const { id: _id, ...said } = grant
    expect(guarded({ interpret: () => [said] }).interpret(signal)).toEqual([said])
    expect(guarded({ interpret: () => [{ ...said, at: new Date('never') }, said] }).interpret(signal)).toEqual([said])
    expect(guarded({ interpret: () => JSON.parse('{') }).interpret(signal)).toEqual([])
    expect(guarded({ interpret: () => 'nothing' }).interpret(signal)).toEqual([])
  })
})
