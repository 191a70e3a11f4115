import { describe, expect, it } from 'vitest'
import type { ConfigSchema } from '../../plugin/config.ts'
import { guardTools, permitFor } from '../guard-tools.fixture.ts'
import { sampleContext } from '../suite/sample-context.ts'
import type { BenefitCommand, BenefitKind, BenefitOutcome, Grant, GrantChange } from './contract.ts'
import { guardBenefitKind } from './guard.ts'

const context = sampleContext({ purpose: 'benefit' })
const permit = permitFor({ purpose: 'benefit', action: 'decide' })
const grant: Grant = { id: 'g', benefit: 'b', profile: 7, state: 'given', code: 'OLD', data: {}, issuedAt: context.now }
const fresh: GrantChange = { grant: 'new', profile: 7, state: 'given', code: 'DRAWN', data: {} }
const done = (changes: readonly unknown[], rest: object = {}): unknown => ({ ok: true, changes, postings: [], value: 0, cost: 0, ...rest })

const kindOf = (outcome: unknown): BenefitKind => ({
  kind: 'evil',
  terms: {} as ConfigSchema,
  states: ['given', 'used'],
  live: ['given'],
  ending: ['given'],
  apply({ draw }) {
    draw(1, { length: 5, alphabet: 'DRAWN' })
    return outcome as BenefitOutcome
  },
})

const issue: BenefitCommand = { kind: 'issue', why: {} }

function apply(
  outcome: unknown,
  command: BenefitCommand = issue,
  options: { readonly profile?: number; readonly tools?: ReturnType<typeof guardTools> } = {},
) {
  const { profile = 7, tools = guardTools({ permits: [permit] }) } = options
  const benefit = { key: 'b', kind: 'evil', label: { en: 'B' }, terms: {} }
  const request = { benefit, grants: [grant], profile, command, permit, draw: () => ['DRAWN'] }
  return guardBenefitKind(kindOf(outcome), tools).apply(request, context)
}

describe('the guard of benefits', () => {
  it('gives to a person with a permit, and codes that were drawn', () => {
    expect(apply(done([fresh]))).toMatchObject({ ok: true })
    expect(apply(done([{ ...fresh, code: 'TEA-DRAWN' }]))).toMatchObject({ ok: true })
  })

  it('gives nothing without one', () => {
    const no = { ok: false, reason: { code: 'NO_CONSENT' } }
    expect(apply(done([fresh]), issue, { profile: 8 })).toMatchObject(no)
    for (const gate of ['absent', 'broken'] as const) {
      expect(apply(done([fresh]), issue, { tools: guardTools({ permits: [permit], gate }) })).toMatchObject(no)
    }
  })

  it('lets people use what they have without asking the gate', () => {
    const used = done([{ ...fresh, grant: 'g', code: 'OLD', state: 'used' }])
    expect(apply(used, { kind: 'redeem' }, { tools: guardTools({ gate: 'absent' }) })).toMatchObject({ ok: true })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a promise', Promise.resolve(done([]))],
    ['a refusal without a reason', { ok: false }],
    ['a grant that nobody handed over', done([{ ...fresh, grant: 'other' }])],
    ['an unknown state', done([{ ...fresh, state: 'free' }])],
    ['a fresh grant in a later state', done([{ ...fresh, state: 'used' }])],
    ['the grant of somebody else', done([{ ...fresh, profile: 8 }])],
    ['a code of its own', done([{ ...fresh, code: 'FREE' }])],
    [
      'one grant twice',
      done([
        { ...fresh, grant: 'g' },
        { ...fresh, grant: 'g' },
      ]),
    ],
    ['postings that do not balance', done([], { postings: [{ account: 'a', amount: 1 }] })],
    ['half a cent', done([], { cost: 0.5 })],
    ['no end', done([{ ...fresh, expiresAt: new Date('never') }])],
  ])('finds a kind out that answers %s', (_what, outcome) => {
    expect(() => apply(outcome)).toThrow('violation in apply')
  })
})
