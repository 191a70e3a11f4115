import { setTimeout as pause } from 'node:timers/promises'
import { emailOf } from '../mapping/messages-of.ts'
import type { AcceptedMessage } from '../platform/answers.ts'
import type { CheckContext } from './check-context.ts'

const subject = 'New for you: lanterns'
const text = 'The lanterns are in.'
const patienceMs = 15_000

/** A person who agreed gets the mail, with a way out that works; somebody who said nothing gets none. */
export async function checkMessage({ api, figures, mailbox, people }: CheckContext): Promise<void> {
  const send = (customer: string, idempotencyKey: string) =>
    api.post<AcceptedMessage>('/v1/messages', {
      channel: 'email',
      profile: `user_id:${customer}`,
      purpose: 'marketing',
      content: { subject, text },
      idempotencyKey,
    })
  const to = emailOf(people.consenting)
  await api.put(`/v1/profiles/user_id:${people.consenting}/consents`, {
    consents: [{ purpose: 'marketing.email', state: 'granted', notice: '2011-12' }],
  })
  const accepted = await send(people.consenting, 'news-1')
  const silent = await send(people.outsider, 'news-2')
  const mail = await mailbox.mailTo(to, patienceMs)
  figures.contract('mail: arrives where there is consent', [mail?.headers.get('subject') ?? null, mail?.body ?? null], [subject, text])
  figures.contract('mail: is for that person', mail?.to ?? [], [to])
  figures.contract('mail: state in the ledger', await stateOf(accepted.id, 'sent'), 'sent')
  figures.contract('mail: without a word of consent', [silent.state, silent.reason?.detail.because ?? null], ['dropped', 'NO_CONSENT'])

  const link = /^<(http[^>]+)>/.exec(mail?.headers.get('list-unsubscribe') ?? '')?.[1]
  figures.contract('mail: says how to unsubscribe', link !== undefined, true)
  if (link !== undefined) await fetch(link, { method: 'POST', body: 'List-Unsubscribe=One-Click' })
  const after = await send(people.consenting, 'news-3')
  figures.contract('mail: after unsubscribing', [after.state, after.reason?.detail.because ?? null], ['dropped', 'DENIED'])

  async function stateOf(id: string, awaited: string): Promise<string> {
    for (let waited = 0; ; waited += 100) {
      const { state } = await api.get<{ state: string }>(`/v1/messages/${id}`)
      if (state === awaited || waited >= patienceMs) return state
      await pause(100)
    }
  }
}
