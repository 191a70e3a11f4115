import { type IdentitySubject, identityConformance } from '@tenon/kernel/conformance'
import type { Identifier, IdentityPlan, IdentityPolicy } from '@tenon/kernel/contracts'
import type { Faults } from './faults.ts'

const isSame = (left: Identifier, right: Identifier): boolean => left.type === right.type && left.value === right.value

/** Lower case is enough for an address of this policy; what has a NUL or half a character in it is nobody's. */
function normalise(value: string): string | undefined {
  const canonical = value.trim().toLowerCase().trim()
  return canonical === '' || canonical === 'unknown' || canonical.includes('\0') || !canonical.isWellFormed() ? undefined : canonical
}

/** Whoever shares an identifier is one person; the oldest profile stays. */
const sharedIsOne: IdentityPolicy = {
  types: [
    { type: 'user_id', label: { en: 'User' }, personal: false, normalise },
    { type: 'email', label: { en: 'E-mail' }, personal: true, normalise },
  ],
  plan({ identifiers, owners }): IdentityPlan {
    if (identifiers.length === 0) return { kind: 'anonymous', rule: 'no identifier', dropped: [] }
    const found = owners.filter((owner) => owner.identifiers.some((held) => identifiers.some((asked) => isSame(asked, held))))
    const [oldest, ...others] = [...found].sort(
      (left, right) => left.firstSeen.getTime() - right.firstSeen.getTime() || left.profile - right.profile,
    )
    const attach = identifiers.filter((asked) => !found.some((owner) => owner.identifiers.some((held) => isSame(asked, held))))
    if (oldest === undefined) return { kind: 'create', attach, dropped: [] }
    if (others.length === 0) return { kind: 'attach', to: oldest.profile, attach, dropped: [] }
    return {
      kind: 'merge',
      into: oldest.profile,
      from: others.map(({ profile }) => profile),
      rule: 'shared identifier',
      attach,
      dropped: [],
    }
  },
}

const subjectOf = (mutate: (good: IdentityPolicy) => IdentityPolicy) => (): IdentitySubject => ({
  policy: mutate(sharedIsOne),
  samples: {
    user_id: { same: ['u-1', ' U-1 '], nobody: ['unknown'] },
    email: { same: ['an@example.test', 'An@Example.test'], nobody: ['Unknown'] },
  },
  person: (index) => ({ type: 'user_id', value: `person-${index}` }),
})

type Plan = IdentityPolicy['plan']

const planning = (mutate: (plan: Plan) => Plan) => subjectOf((good) => ({ ...good, plan: mutate(good.plan.bind(good)) }))
const merging = (mutate: (plan: Extract<IdentityPlan, { kind: 'merge' }>) => IdentityPlan) =>
  planning((plan) => (request, context) => {
    const found = plan(request, context)
    return found.kind === 'merge' ? mutate(found) : found
  })
const normalising = (broken: (value: string) => string | undefined) =>
  subjectOf((good) => ({ ...good, types: good.types.map((type) => ({ ...type, normalise: broken })) }))

/** Gives a merge to whichever profile it has counted up to: another one each time. */
function restless(): IdentityPolicy {
  let turn = 0
  return {
    ...sharedIsOne,
    plan(request, context) {
      const found = sharedIsOne.plan(request, context)
      if (found.kind !== 'merge') return found
      turn += 1
      const all = [found.into, ...found.from]
      const into = all[turn % all.length] ?? found.into
      return { ...found, into, from: all.filter((profile) => profile !== into) }
    },
  }
}

export const identityFaults: Faults<IdentitySubject> = {
  kind: 'identity',
  suite: identityConformance,
  good: subjectOf((good) => good),
  broken: {
    'merges a profile into itself': merging((plan) => ({ ...plan, from: [plan.into, ...plan.from] })),
    'merges into a profile of its own making': merging((plan) => ({ ...plan, into: 999, from: [plan.into, ...plan.from] })),
    'takes the first owner it is told of': planning((plan) => (request, context) => {
      const found = plan(request, context)
      const [first] = request.owners
      if (found.kind !== 'merge' || first === undefined) return found
      return {
        kind: 'attach',
        to: first.profile,
        attach: [],
        dropped: request.identifiers.map((each) => ({ ...each, rule: 'first wins' })),
      }
    }),
    'loses the identifiers that it does not use': merging(({ into, attach, dropped }) => ({ kind: 'attach', to: into, attach, dropped })),
    'drops without naming the rule': planning((plan) => (request, context) => {
      const found = plan(request, context)
      if (found.kind !== 'create') return found
      return { kind: 'anonymous', rule: '', dropped: request.identifiers.map((each) => ({ ...each, rule: '' })) }
    }),
    'makes a new profile for a known person': planning((plan) => (request, context) => {
      const found = plan(request, context)
      return found.kind === 'attach' ? { kind: 'create', attach: request.identifiers, dropped: [] } : found
    }),
    'plans by turns': subjectOf(restless),
    'keeps spellings apart': normalising((value) => (normalise(value) === undefined ? undefined : value)),
    'normalises a little more each time': normalising((value) => {
      const canonical = normalise(value)
      return canonical === undefined ? undefined : `~${canonical}`
    }),
    'fails on half a character': normalising((value) => {
      encodeURIComponent(value)
      return normalise(value)
    }),
    'makes profiles of nobody': planning((plan) => (request, context) => {
      const found = plan(request, context)
      return found.kind === 'anonymous' ? { kind: 'create', attach: [], dropped: [] } : found
    }),
  },
}
