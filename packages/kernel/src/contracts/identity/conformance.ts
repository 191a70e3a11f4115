import assert from 'node:assert/strict'
import { isText } from '../check/values.ts'
import type { EventType } from '../nouns/event.ts'
import type { Identifier, ProfileId } from '../nouns/identifier.ts'
import { deepFreeze } from '../suite/deep-freeze.ts'
import { seededNumbers } from '../suite/draw.ts'
import { HOSTILE_TEXTS } from '../suite/hostile.ts'
import { sampleContext, sampleDay } from '../suite/sample-context.ts'
import type { Suite } from '../suite/suite.ts'
import { withoutClock } from '../suite/without-clock.ts'
import { identityPlanProblem } from './check.ts'
import type { IdentityPlan, IdentityPolicy, Owner } from './contract.ts'

export interface IdentitySubject {
  readonly policy: IdentityPolicy
  /** For each type: spellings of one and the same person, and values that identify nobody. */
  readonly samples: Readonly<Record<string, { readonly same: readonly string[]; readonly nobody: readonly string[] }>>
  /** Different persons of a type that is enough to make a profile. */
  person(index: number): Identifier
}

type Request = Parameters<IdentityPolicy['plan']>[0]

const EVENTS: readonly EventType[] = ['track', 'identify', 'page', 'screen', 'group', 'alias']

const ownerOf = (profile: ProfileId, identifiers: readonly Identifier[], days = 10): Owner => ({
  profile,
  firstSeen: sampleDay(-days),
  identifiers: identifiers.map((identifier) => ({ ...identifier, since: sampleDay(-days) })),
})

function planOf(
  policy: IdentityPolicy,
  identifiers: readonly Identifier[],
  owners: readonly Owner[],
  type: EventType = 'track',
): IdentityPlan {
  const request: Request = deepFreeze({ identifiers, owners, cause: { type, source: 'sample', at: sampleDay() } })
  const context = sampleContext()
  const plan = withoutClock(() => policy.plan(request, context))
  assert.equal(identityPlanProblem(request, plan), undefined)
  assert.deepEqual(
    withoutClock(() => policy.plan(request, context)),
    plan,
    'the same request got two plans',
  )
  return plan
}

/** All profiles that a plan is about, in no order. */
function touchedBy(plan: IdentityPlan): readonly ProfileId[] {
  if (plan.kind === 'attach') return [plan.to]
  return plan.kind === 'merge' ? [plan.into, ...plan.from].sort((left, right) => left - right) : []
}

/** What the station would know after it has applied a plan for owners that were there before. */
function applied(plan: IdentityPlan, owners: readonly Owner[]): readonly Owner[] {
  if (plan.kind === 'anonymous') return owners
  if (plan.kind === 'create') return [...owners, ownerOf(1_000, plan.attach, 0)]
  const targets = new Set(touchedBy(plan))
  const joined = owners.filter(({ profile }) => targets.has(profile)).flatMap(({ identifiers }) => identifiers)
  const into = plan.kind === 'merge' ? plan.into : plan.to
  const fresh = plan.attach.filter(({ type, value }) => !joined.some((held) => held.type === type && held.value === value))
  const first = owners.find(({ profile }) => profile === into)?.firstSeen ?? sampleDay()
  const owner: Owner = {
    profile: into,
    firstSeen: first,
    identifiers: [...joined, ...fresh.map((found) => ({ ...found, since: sampleDay() }))],
  }
  return [...owners.filter(({ profile }) => !targets.has(profile)), owner]
}

/** Identifiers of the samples in canonical form, one of each type. */
function canonicalSamples({ policy, samples }: IdentitySubject): readonly Identifier[] {
  return policy.types.flatMap(({ type, normalise }) => {
    const value = samples[type]?.same[0]
    const canonical = value === undefined ? undefined : normalise(value)
    return canonical === undefined ? [] : [{ type, value: canonical }]
  })
}

/** Requests as a busy station makes them: some identifiers, some owned by one or several profiles that hold more. */
function* requestsOf(subject: IdentitySubject, count: number): Generator<readonly [readonly Identifier[], readonly Owner[], EventType]> {
  const random = seededNumbers(11)
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const pool = [...canonicalSamples(subject), ...Array.from({ length: 12 }, (_, index) => subject.person(index))]
  for (let round = 0; round < count; round += 1) {
    const holders = new Map<ProfileId, Identifier[]>()
    for (const identifier of pool) {
      const profile = upTo(6)
      if (profile > 0) holders.set(profile, [...(holders.get(profile) ?? []), identifier])
    }
    const asked = pool.filter(() => random() < 0.25)
    const keys = new Set(asked.map(({ type, value }) => `${type} ${value}`))
    const owners = [...holders].filter(([, held]) => held.some(({ type, value }) => keys.has(`${type} ${value}`)))
    yield [asked, owners.map(([profile, held]) => ownerOf(profile, held, 1 + upTo(100))), EVENTS[upTo(EVENTS.length)] ?? 'track']
  }
}

export const identityConformance = Object.freeze({
  'describes its types': async ({ policy }) => {
    assert.ok(policy.types.length > 0)
    assert.equal(new Set(policy.types.map(({ type }) => type)).size, policy.types.length, 'each type once')
    for (const { type, label } of policy.types) assert.ok(/^[a-z][a-z0-9_.-]*$/.test(type) && isText(label.en), `'${type}' has a label`)
  },

  'brings the spellings of one person together': async ({ policy, samples }) => {
    for (const { type, normalise } of policy.types) {
      const sample = samples[type]
      assert.ok(sample !== undefined && sample.same.length > 0, `the subject brings samples of '${type}'`)
      const forms = new Set(sample.same.map(normalise))
      assert.equal(forms.size, 1, `spellings of one '${type}' stay apart`)
      assert.ok(!forms.has(undefined), `a good '${type}' identifies nobody`)
    }
  },

  'knows values that identify nobody': async ({ policy, samples }) => {
    for (const { type, normalise } of policy.types) {
      for (const value of ['', ' ', ...(samples[type]?.nobody ?? [])]) assert.equal(normalise(value), undefined, `'${type}' of '${value}'`)
    }
  },

  'normalises hostile text without failing, once and for all': async ({ policy, samples }) => {
    for (const { type, normalise } of policy.types) {
      for (const value of [...HOSTILE_TEXTS, ...(samples[type]?.same ?? [])]) {
        const canonical = normalise(value)
        if (canonical === undefined) continue
        assert.ok(isText(canonical), `'${type}' keeps what no store can hold`)
        assert.equal(normalise(canonical), canonical, `'${type}' is not idempotent`)
      }
    }
  },

  'keeps an event of nobody without a profile': async ({ policy }) => {
    for (const type of EVENTS) assert.equal(planOf(policy, [], [], type).kind, 'anonymous')
  },

  'makes a profile for a stranger': async ({ policy, person }) => {
    const plan = planOf(policy, [person(0)], [])
    assert.equal(plan.kind, 'create')
    assert.deepEqual(plan.kind === 'create' && plan.attach, [person(0)])
  },

  'finds a known person again': async ({ policy, person }) => {
    const plan = planOf(policy, [person(0)], [ownerOf(5, [person(0)])])
    assert.deepEqual(touchedBy(plan), [5])
  },

  'asks for the same plan whatever the order of the owners': async (subject) => {
    for (const [identifiers, owners, type] of requestsOf(subject, 200)) {
      const [forward, backward] = [
        planOf(subject.policy, identifiers, owners, type),
        planOf(subject.policy, identifiers, [...owners].reverse(), type),
      ]
      assert.equal(backward.kind, forward.kind)
      assert.deepEqual(touchedBy(backward), touchedBy(forward))
    }
  },

  'plans within what it was asked, whoever owns what': async (subject) => {
    for (const [identifiers, owners, type] of requestsOf(subject, 500)) planOf(subject.policy, identifiers, owners, type)
  },

  'joins nobody that shares nothing with the event': async (subject) => {
    for (const [identifiers, owners, type] of requestsOf(subject, 200)) {
      const keys = new Set(identifiers.map(({ type: kind, value }) => `${kind} ${value}`))
      const related = owners.filter((owner) => owner.identifiers.some(({ type: kind, value }) => keys.has(`${kind} ${value}`)))
      const known = new Set(related.map(({ profile }) => profile))
      for (const profile of touchedBy(planOf(subject.policy, identifiers, owners, type))) assert.ok(known.has(profile))
    }
  },

  'comes to rest: the same event again merges nothing': async (subject) => {
    for (const [identifiers, owners, type] of requestsOf(subject, 200)) {
      const plan = planOf(subject.policy, identifiers, owners, type)
      const next = applied(plan, owners)
      const keys = new Set(identifiers.map(({ type: kind, value }) => `${kind} ${value}`))
      const asked = next.filter((owner) => owner.identifiers.some(({ type: kind, value }) => keys.has(`${kind} ${value}`)))
      const again = planOf(subject.policy, identifiers, asked, type)
      assert.notEqual(again.kind, 'create', 'a second profile for the same event')
      assert.notEqual(again.kind, 'merge', 'a second merge for the same event')
      if (plan.kind === 'attach' || plan.kind === 'merge') {
        assert.deepEqual(touchedBy(again), [plan.kind === 'merge' ? plan.into : plan.to], 'the event moves to another profile')
      }
    }
  },

  'takes long lists of identifiers': async ({ policy, person }) => {
    const many = Array.from({ length: 200 }, (_, index) => person(index))
    planOf(
      policy,
      many,
      many.slice(0, 100).map((identifier, index) => ownerOf(index + 1, [identifier])),
    )
  },
} satisfies Suite<IdentitySubject>)
