import { type BenefitSubject, benefitConformance } from '@tenon/kernel/conformance'
import type { BenefitCommand, BenefitKind, BenefitOutcome, Grant, GrantChange } from '@tenon/kernel/contracts'
import { z } from 'zod'
import type { Faults } from './faults.ts'

const TERMS = z.strictObject({ worth: z.number().int().positive(), days: z.number().int().positive() })
const DAY_MS = 86_400_000
const SHAPE = { length: 12, alphabet: '23456789ABCDEFGHJKLMNPQRSTUVWXYZ' } as const

type Request = Parameters<BenefitKind['apply']>[0]

const no = (code: string): BenefitOutcome => ({ ok: false, reason: { code, detail: {} } })
const yes = (changes: readonly GrantChange[], value = 0): BenefitOutcome => ({ ok: true, changes, postings: [], value, cost: value })

const moved = ({ id, profile, data, code, expiresAt }: Grant, state: string): GrantChange => ({
  grant: id,
  profile,
  state,
  data,
  ...(code === undefined ? {} : { code }),
  ...(expiresAt === undefined ? {} : { expiresAt }),
})

/** A voucher: one code, worth an amount, used once within some days. */
const voucher: BenefitKind = {
  kind: 'voucher',
  terms: TERMS,
  states: ['given', 'used', 'over'],
  live: ['given', 'used'],
  ending: ['given'],
  apply(request, { now }) {
    const { grants, profile, draw, command } = request
    const terms = TERMS.parse(request.benefit.terms)
    switch (command.kind) {
      case 'issue': {
        const [code = ''] = draw(1, SHAPE)
        const expiresAt = new Date(now.getTime() + terms.days * DAY_MS)
        return yes([{ grant: 'new', profile, state: 'given', code, data: {}, expiresAt }])
      }
      case 'redeem': {
        const grant = grants.find(({ id, state }) => state === 'given' && (command.grant === undefined || command.grant === id))
        if (grant === undefined) return no('NO_VOUCHER')
        if (grant.expiresAt !== undefined && grant.expiresAt <= now) return no('EXPIRED')
        return yes([moved(grant, 'used')], terms.worth)
      }
      case 'roll-back': {
        const of = new Set(command.of.changes.map((change) => change.grant))
        const grant = grants.find(({ id, state }) => state === 'used' && of.has(id))
        return grant === undefined ? no('NOTHING_TO_ROLL_BACK') : yes([moved(grant, 'given')], -terms.worth)
      }
      case 'expire':
        return yes(
          grants
            .filter(({ state, expiresAt }) => state === 'given' && expiresAt !== undefined && expiresAt <= now)
            .map((grant) => moved(grant, 'over')),
        )
      case 'hold':
      case 'transfer':
        return no('NOT_POSSIBLE')
    }
  },
}

type Apply = BenefitKind['apply']

const subjectOf = (mutate: (good: BenefitKind) => BenefitKind) => (): BenefitSubject => ({
  kind: mutate(voucher),
  terms: { worth: 500, days: 30 },
  badTerms: [{}, { worth: -1, days: 30 }, { worth: 500, days: 30, color: 'red' }],
  basket: { id: 'basket-1', currency: 'EUR', total: 4_000, lines: [{ item: 'tea', categories: ['food'], quantity: 2, amount: 4_000 }] },
})

const applying = (mutate: (apply: Apply) => Apply) => subjectOf((good) => ({ ...good, apply: mutate(good.apply.bind(good)) }))

/** Changes what a command of one kind would change. */
const changing = (kind: BenefitCommand['kind'], change: (found: GrantChange, request: Request) => GrantChange) =>
  applying((apply) => (request, context) => {
    const outcome = apply(request, context)
    if (!outcome.ok || request.command.kind !== kind) return outcome
    return { ...outcome, changes: outcome.changes.map((found) => change(found, request)) }
  })

export const benefitFaults: Faults<BenefitSubject> = {
  kind: 'benefit',
  suite: benefitConformance,
  good: subjectOf((good) => good),
  broken: {
    'lets a voucher be used again': changing('redeem', (change) => ({ ...change, state: 'given' })),
    'thinks of codes by itself': changing('issue', (change) => ({ ...change, code: `CODE-${change.profile}` })),
    'gives in a state that it does not name': changing('issue', (change) => ({ ...change, state: 'fresh' })),
    'gives to somebody else': changing('issue', (change) => ({ ...change, profile: change.profile + 1 })),
    'redeems what has run out': applying((apply) => (request, context) => {
      const grants = request.grants.map(({ expiresAt: _expiresAt, ...grant }) => grant)
      return apply(request.command.kind === 'redeem' ? { ...request, grants } : request, context)
    }),
    'books half of a double entry': applying((apply) => (request, context) => {
      const outcome = apply(request, context)
      return outcome.ok ? { ...outcome, postings: [{ account: 'person', amount: 100 }] } : outcome
    }),
    'throws where it should refuse': applying((apply) => (request, context) => {
      const outcome = apply(request, context)
      if (!outcome.ok) throw new Error(outcome.reason.code)
      return outcome
    }),
    'looks at the wall clock': applying((apply) => (request, context) => apply(request, { ...context, now: new Date() })),
    'redeems what the person does not hold': applying((apply) => (request, context) => {
      if (request.command.kind !== 'redeem' || request.grants.length > 0) return apply(request, context)
      return yes([], 500)
    }),
    'takes a redemption back for ever': applying((apply) => (request, context) => {
      if (request.command.kind !== 'roll-back') return apply(request, context)
      return yes([{ grant: 'new', profile: request.profile, state: 'given', data: {} }])
    }),
    'counts in fractions of a cent': applying((apply) => (request, context) => {
      const outcome = apply(request, context)
      return outcome.ok ? { ...outcome, value: outcome.value / 3, cost: outcome.cost / 3 } : outcome
    }),
  },
}
