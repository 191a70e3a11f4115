import { describe, expect, it } from 'vitest'
import { guardTools } from '../guard-tools.fixture.ts'
import type { Identifier } from '../nouns/identifier.ts'
import { sampleContext, sampleDay } from '../suite/sample-context.ts'
import type { IdentityPlan, IdentityPolicy, Owner } from './contract.ts'
import { guardIdentityPolicy } from './guard.ts'

const [user, email, phone]: [Identifier, Identifier, Identifier] = [
  { type: 'user_id', value: 'u' },
  { type: 'email', value: 'e' },
  { type: 'phone', value: 'p' },
]
const ownerOf = (profile: number, ...held: readonly Identifier[]): Owner => ({
  profile,
  firstSeen: sampleDay(-1),
  identifiers: held.map((identifier) => ({ ...identifier, since: sampleDay(-1) })),
})

const policyOf = (plan: unknown, normalise: (value: string) => unknown = (value) => value): IdentityPolicy => ({
  types: [{ type: 'user_id', label: { en: 'User' }, personal: false, normalise: (value) => normalise(value) as string | undefined }],
  plan: () => plan as IdentityPlan,
})

const planOf = (plan: unknown, owners: readonly Owner[] = [ownerOf(1, user), ownerOf(2, email)]) =>
  guardIdentityPolicy(policyOf(plan), guardTools()).plan(
    { identifiers: [user, email], owners, cause: { type: 'track', source: 's', at: sampleDay() } },
    sampleContext(),
  )

const merge = { kind: 'merge', into: 1, from: [2], rule: 'shared', attach: [], dropped: [] }
const dropped = (identifier: Identifier) => ({ ...identifier, rule: 'limit' })

describe('the guard of identity', () => {
  it.each<[string, unknown, readonly Owner[] | undefined]>([
    ['merge of its owners', merge, undefined],
    ['attach that says what it dropped', { kind: 'attach', to: 1, attach: [], dropped: [dropped(email)] }, undefined],
    ['new profile', { kind: 'create', attach: [user, email], dropped: [] }, []],
    ['event of nobody', { kind: 'anonymous', rule: 'blocked', dropped: [dropped(user), dropped(email)] }, []],
  ])('passes a %s', (_what, plan, owners) => {
    expect(planOf(plan, owners)).toEqual(plan)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an unknown kind', { kind: 'split', dropped: [] }],
    ['a profile that owns nothing here', { ...merge, into: 9 }],
    ['a merge into itself', { ...merge, from: [1, 2] }],
    ['a merge of nobody', { ...merge, from: [], dropped: [dropped(email)] }],
    ['a merge without a rule', { ...merge, rule: '' }],
    ['an identifier that nobody sent', { ...merge, attach: [phone] }],
    ['an identifier twice', { ...merge, attach: [user], dropped: [dropped(user)] }],
    ['an identifier of another profile', { kind: 'attach', to: 1, attach: [email], dropped: [] }],
    ['an identifier lost', { kind: 'attach', to: 1, attach: [], dropped: [] }],
    ['a new profile without identifiers', { kind: 'create', attach: [], dropped: [dropped(user), dropped(email)] }],
    ['a drop without a rule', { kind: 'attach', to: 1, attach: [], dropped: [{ ...email, rule: '' }] }],
  ])('refuses a plan with %s', (_what, plan) => {
    expect(() => planOf(plan)).toThrow('violation in plan')
  })

  it('takes a normaliser that throws for one that knows nobody, and refuses what no store can hold', () => {
    const normalise = (run: (value: string) => unknown) =>
      guardIdentityPolicy(policyOf(undefined, run), guardTools()).types[0]?.normalise('x')
    expect(normalise((value) => value.toUpperCase())).toBe('X')
    expect(normalise(() => undefined)).toBeUndefined()
    expect(normalise(() => decodeURIComponent('%'))).toBeUndefined()
    for (const bad of ['', 'a\0b', '\ud800', 7, null]) expect(() => normalise(() => bad)).toThrow('violation in normalise')
  })
})
