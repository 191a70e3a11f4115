import type { BenefitOutcome, Profile } from '../platform/answers.ts'
import type { CheckContext } from './check-context.ts'
import { regularBuyers } from './regular-buyers.ts'

const percent = 10

/** The value of a customer's last order, in pence. */
const lastOrder = `
SELECT invoice AS id, toFloat64(round(revenue * 100)) AS pence FROM invoices
WHERE customer = {customer:String} AND NOT cancelled AND revenue > 0 ORDER BY at DESC, invoice LIMIT 1`

/** A coupon for regular buyers: issued once, used once, and for nobody else. */
export async function checkCoupon({ api, reference, figures, people }: CheckContext): Promise<void> {
  const path = '/v1/benefits/regulars'
  await api.put(path, {
    label: { en: '10 % off for regular buyers', zh: '老客户九折' },
    terms: { discount: { type: 'percent', percent }, currency: 'GBP', validFor: '30d' },
    eligibility: regularBuyers,
    perPerson: 1,
    stock: 100,
  })
  const issue = (customer: string, idempotencyKey: string) =>
    api.post<BenefitOutcome>(`${path}/issue`, { profile: `user_id:${customer}`, idempotencyKey })

  const issued = await issue(people.consenting, 'acceptance-1')
  const again = await issue(people.consenting, 'acceptance-1')
  const more = await issue(people.consenting, 'acceptance-2')
  const outsider = await issue(people.outsider, 'acceptance-3')
  const code = issued.grants?.[0]?.code ?? ''
  figures.contract('coupon: issued to a regular buyer', issued.ok, true)
  figures.contract('coupon: asked for again, the same one', [again.replayed, again.grants?.[0]?.code ?? null], [true, code])
  figures.contract('coupon: a second one', more.reason?.code ?? 'issued', 'PERSON_LIMIT')
  figures.contract('coupon: for somebody with one order', outsider.reason?.code ?? 'issued', 'NOT_ELIGIBLE')

  const order = await reference.row<{ id: string; pence: number }>(lastOrder, { customer: people.consenting })
  const redeem = (basket: string) =>
    api.post<BenefitOutcome>(`${path}/redeem`, { code, basket: { id: basket, currency: 'GBP', total: order.pence } })
  const redeemed = await redeem(order.id)
  const twice = await redeem(`${order.id}-again`)
  figures.sql('coupon: pence off the last order', redeemed.value ?? null, Math.floor((order.pence * percent) / 100))
  figures.contract('coupon: used a second time', twice.reason?.code ?? 'redeemed', 'ALREADY_REDEEMED')
  const counters = await api.get<{ issued: number; spent: number }>(path)
  figures.contract('coupon: issued and spent in all', [counters.issued, counters.spent], [1, redeemed.value ?? null])
  const { benefits } = await api.get<Profile>(`/v1/profiles/user_id:${people.consenting}`)
  figures.contract(
    'coupon: in the profile',
    benefits.map(({ benefit, state }) => [benefit, state]),
    [['regulars', 'redeemed']],
  )
}
