import { emailOf } from '../mapping/messages-of.ts'
import type { AcceptedMessage, BenefitOutcome, Preview, Profile, Recommendations } from '../platform/answers.ts'
import type { CheckContext } from './check-context.ts'
import { regularBuyers, regularBuyersSql } from './regular-buyers.ts'

const refused = ['personalise', 'benefit', 'marketing', 'profile'] as const

/** Somebody who would get all of it says no, and gets none of it. */
export async function checkObjection({ api, reference, figures, mailbox, people }: CheckContext): Promise<void> {
  const profile = `user_id:${people.objecting}`
  const home = () => api.post<Recommendations>('/v1/recommendations', { scene: 'home', profile })
  figures.contract('before the objection: choice is personal', (await home()).personal, true)
  await api.put(`/v1/profiles/${profile}/consents`, { consents: refused.map((purpose) => ({ purpose, state: 'denied' })) })

  const { personal, items } = await home()
  const nobody = await api.post<Recommendations>('/v1/recommendations', { scene: 'home' })
  figures.contract('objection: choice is personal', personal, false)
  figures.contract(
    'objection: sees what everybody sees',
    items.map(({ id }) => id),
    nobody.items.map(({ id }) => id),
  )
  const coupon = await api.post<BenefitOutcome>('/v1/benefits/regulars/issue', { profile })
  figures.contract('objection: coupon', coupon.reason?.code ?? 'issued', 'NO_CONSENT')
  const message = await api.post<AcceptedMessage>('/v1/messages', {
    channel: 'email',
    profile,
    purpose: 'marketing',
    content: { subject: 'Not for you', text: 'This must not arrive.' },
  })
  figures.contract('objection: mail', [message.state, message.reason?.detail.because ?? null], ['dropped', 'DENIED'])
  const preview = await api.post<Preview>('/v1/segments/preview', { rule: regularBuyers })
  const members = await reference.rows(regularBuyersSql)
  figures.sql('objection: regular buyers are one fewer', preview.size, members.length - 1)
  await api.post('/v1/evaluations', {})
  const { segments, consent } = await api.get<Profile>(`/v1/profiles/${profile}`)
  figures.contract(
    'objection: segments',
    segments.map(({ key }) => key),
    [],
  )
  const standing = refused.map((purpose) => consent.find((each) => each.purpose === purpose)?.granted ?? null)
  figures.contract('objection: in the profile', standing, [false, false, false, false])
  figures.contract(
    'mails in all',
    mailbox.mails().flatMap(({ to }) => to),
    [emailOf(people.consenting)],
  )
}
