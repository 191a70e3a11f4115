import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Identifier, ProfileId } from '../nouns/identifier.ts'
import { identityPlanProblem } from './check.ts'
import type { IdentityPlan, Owner } from './contract.ts'

const since = new Date('2026-01-01T00:00:00Z')
const identifier = fc.record({ type: fc.constantFrom('email', 'phone'), value: fc.constantFrom('a', 'b', 'c') })
const few = fc.array(identifier, { maxLength: 3 })
const profile = fc.integer({ min: 1, max: 3 })
const owners = fc.uniqueArray(
  fc.record({ profile, firstSeen: fc.constant(since), identifiers: few.map((list) => list.map((one) => ({ ...one, since }))) }),
  { selector: (owner) => owner.profile, maxLength: 3 },
)
const plan: fc.Arbitrary<IdentityPlan> = fc
  .record({
    attach: few,
    dropped: few.map((list) => list.map((one) => ({ ...one, rule: 'limit' }))),
    into: profile,
    from: fc.array(profile),
  })
  .chain(({ attach, dropped, into, from }) =>
    fc.constantFrom<IdentityPlan>(
      { kind: 'create', attach, dropped },
      { kind: 'attach', to: into, attach, dropped },
      { kind: 'merge', into, from, rule: 'link', attach, dropped },
      { kind: 'anonymous', rule: 'none', dropped },
    ),
  )

/** The same in sets of keys, which is how one would say it. */
function isSound(identifiers: readonly Identifier[], known: readonly Owner[], given: IdentityPlan): boolean {
  const key = ({ type, value }: Identifier): string => `${type} ${value}`
  const keysOf = (of: readonly Owner[]) => new Set(of.flatMap((owner) => owner.identifiers.map(key)))
  const attach = given.kind === 'anonymous' ? [] : given.attach
  const targets: readonly ProfileId[] = given.kind === 'attach' ? [given.to] : given.kind === 'merge' ? [given.into, ...given.from] : []
  const used = [...attach, ...given.dropped].map(key)
  const asked = new Set(identifiers.map(key))
  const held = keysOf(known.filter((owner) => targets.includes(owner.profile)))
  const elsewhere = keysOf(known.filter((owner) => !targets.includes(owner.profile)))
  const accounted = new Set([...used, ...held])
  return (
    targets.every((target) => known.some((owner) => owner.profile === target)) &&
    new Set(targets).size === targets.length &&
    !(given.kind === 'create' && attach.length === 0) &&
    !(given.kind === 'merge' && given.from.length === 0) &&
    new Set(used).size === used.length &&
    used.every((one) => asked.has(one)) &&
    !attach.some((one) => elsewhere.has(key(one))) &&
    [...asked].every((one) => accounted.has(one))
  )
}

it('finds a problem in exactly those plans that are unsound', () => {
  fc.assert(
    fc.property(few, owners, plan, (identifiers, known, given) => {
      const cause = { type: 'identify', source: 'web', at: since } as const
      const problem = identityPlanProblem({ identifiers, owners: known, cause }, given)
      expect(problem === undefined).toBe(isSound(identifiers, known, given))
    }),
    { numRuns: 5_000 },
  )
})
