import { definePlugin } from '@tenon/kernel'
import { type BenefitKind, type BenefitOutcome, benefitKind, type Grant } from '@tenon/kernel/contracts'
import { z } from 'zod'

const terms = z.strictObject({ worth: z.number().int().positive() })
const no = (code: string): BenefitOutcome => ({ ok: false, reason: { code, detail: {} } })

/** A gift that can be taken along once. `given → used`, and back when the order is taken back. */
export const giftKind: BenefitKind = {
  kind: 'gift',
  terms,
  states: ['given', 'used'],
  live: ['given', 'used'],
  ending: [],
  apply({ benefit, grants, profile, command }) {
    const { worth } = terms.parse(benefit.terms)
    const moved = ({ id, data }: Grant, state: string, value: number): BenefitOutcome => {
      return { ok: true, changes: [{ grant: id, profile, state, data }], postings: [], value, cost: value }
    }
    if (command.kind === 'issue') {
      return { ok: true, changes: [{ grant: 'new', profile, state: 'given', data: {} }], postings: [], value: 0, cost: 0 }
    }
    if (command.kind === 'redeem') {
      const grant = grants.find(({ id, state }) => state === 'given' && (command.grant ?? id) === id)
      return grant === undefined ? no('NO_GIFT') : moved(grant, 'used', worth)
    }
    if (command.kind === 'roll-back') {
      const grant = grants.find(({ id, state }) => state === 'used' && command.of.changes.some((change) => change.grant === id))
      return grant === undefined ? no('NOTHING_TO_ROLL_BACK') : moved(grant, 'given', -worth)
    }
    return no('NOT_POSSIBLE')
  },
}

export const gifts = definePlugin({
  id: 'acme.benefit-gift',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { benefitKind },
  setup: () => ({ provide: { benefitKind: giftKind } }),
})
