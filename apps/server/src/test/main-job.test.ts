import { generateCustomers, type PersonTruth } from '@tenon/testing/generator'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

const day = 86_400_000
const to = new Date(Date.now() - day)
const customers = generateCustomers({ seed: 11, people: 150, from: new Date(to.getTime() - 120 * day), to })
const truth = [...customers.truth()]
/** Whose devices nobody else used: for them the right answer is known to the event. */
const members = truth.filter(({ userId, sharedIds }) => userId !== undefined && sharedIds.length === 0)
/** Who said no to analytics has no tags and is in no segment. */
const analysed = members.filter(({ choices }) => choices.Analytics)
const ordered = analysed.filter(({ orders }) => orders > 0)

const publicUrl = 'https://tenon.example'
let server: TestServer
const mails: string[] = []
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData(stream, _session, done) {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      mails.push(Buffer.concat(chunks).toString('utf8'))
      done()
    })
  },
})

beforeAll(async () => {
  const port = await new Promise<number>((resolve) => {
    const listening = smtp.listen(0, '127.0.0.1', () => {
      const bound = listening.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0)
    })
  })
  server = await startTestServer({ TENON_SMTP_PORT: String(port), TENON_PUBLIC_URL: publicUrl })
  await server.call('PUT', '/v1/items', { items: customers.catalogue.items })
  const messages = [...customers.messages()]
  for (let at = 0; at < messages.length; at += 250) {
    const batch = messages.slice(at, at + 250)
    expect((await server.track('/v1/batch', { batch })).status).toBe(200)
    // A client that lost the answer sends the same again.
    if (at % 1_000 === 0) await server.track('/v1/batch', { batch, sentAt: new Date().toISOString() })
  }
  await server.settle()
}, 120_000)
afterAll(async () => {
  await server.close()
  await new Promise<void>((resolve) => smtp.close(() => resolve()))
})

interface Profile {
  readonly identifiers: readonly { readonly type: string; readonly value: string }[]
  readonly traits: Readonly<Record<string, unknown>>
  readonly tags: Readonly<Record<string, { readonly value: unknown }>>
  readonly segments: readonly { readonly key: string }[]
  readonly consent: readonly { readonly purpose: string; readonly granted: boolean }[]
}
const profileOf = async ({ userId }: Pick<PersonTruth, 'userId'>): Promise<Profile> =>
  (await server.call('GET', `/v1/profiles/user_id:${userId}`)).body as Profile

async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const value = await ask()
    if (holds(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return ask()
}

describe('the main job', () => {
  it('joins the devices of each member to one person, and nobody else to them', async () => {
    for (const person of members.slice(0, 40)) {
      const { identifiers } = await profileOf(person)
      const anonymous = identifiers.filter(({ type }) => type === 'anonymous_id').map(({ value }) => value)
      expect(new Set(anonymous), person.userId).toEqual(new Set(person.anonymousIds))
      expect(identifiers.filter(({ type }) => type === 'user_id')).toHaveLength(1)
    }
  })

  it('keeps every event once, newest first, page by page', async () => {
    const person = ordered.reduce((most, next) => (next.messages > most.messages ? next : most))
    const seen: { messageId: string; timestamp: string }[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await server.call('GET', `/v1/profiles/user_id:${person.userId}/events?limit=50${query}`)
      const page = body as { events: typeof seen; next: string | null }
      seen.push(...page.events)
      cursor = page.next
    }
    expect(seen.length).toBe(person.messages)
    expect(new Set(seen.map(({ messageId }) => messageId)).size).toBe(seen.length)
    expect(seen.map(({ timestamp }) => timestamp)).toEqual(
      seen
        .map(({ timestamp }) => timestamp)
        .sort()
        .reverse(),
    )
  })

  it('finds exactly the people that a rule means', async () => {
    const rule = { event: 'Order Completed', measure: 'count', gte: 2 }
    const { status, body } = await server.call('PUT', '/v1/segments/twice', { rule, label: { en: 'Twice', zh: '两次' } })
    expect(status, JSON.stringify(body)).toBe(200)
    const { body: listed } = await server.call('GET', '/v1/segments/twice/members?limit=1000')
    const found = (listed as { members: { identifiers: { type: string; value: string }[] }[] }).members.flatMap(({ identifiers }) =>
      identifiers.filter(({ type }) => type === 'user_id').map(({ value }) => value),
    )
    const shared = new Set(truth.filter(({ sharedIds }) => sharedIds.length > 0).map(({ userId }) => userId))
    const expected = analysed.filter(({ orders }) => orders >= 2).map(({ userId }) => userId)
    expect(found.filter((userId) => !shared.has(userId)).sort()).toEqual(expected.sort())
    expect(body).toMatchObject({ sentence: { en: expect.any(String), zh: expect.any(String) } })
  })

  it('computes what a person spent, and the RFM of all buyers', async () => {
    const measure = { event: 'Order Completed', measure: { sum: 'revenue' } }
    expect((await server.call('PUT', '/v1/tags/spent', { measure })).status).toBe(200)
    for (const person of ordered.slice(0, 20)) {
      const { tags } = await profileOf(person)
      expect(Number(tags.spent?.value), person.userId).toBeCloseTo(person.revenueCents / 100, 2)
      expect(tags['rfm.tier']?.value).toEqual(expect.any(String))
    }
  })

  it('lists members with the tags that are asked for, page by page', async () => {
    const spent = new Map(analysed.map(({ userId, revenueCents }) => [userId, revenueCents / 100]))
    const seen = new Set<string>()
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { status, body } = await server.call('GET', `/v1/segments/twice/members?limit=7&tags=spent,unknown${more}`)
      expect(status, JSON.stringify(body)).toBe(200)
      const page = body as { members: { identifiers: { type: string; value: string }[]; tags: { spent: number } }[]; next: string | null }
      for (const { identifiers, tags } of page.members) {
        const userIds = identifiers.filter(({ type }) => type === 'user_id').map(({ value }) => value)
        for (const userId of userIds) {
          expect(seen.has(userId), userId).toBe(false)
          seen.add(userId)
        }
        expect(Object.keys(tags)).toEqual(['spent'])
        const [known] = userIds.flatMap((userId) => spent.get(userId) ?? [])
        if (userIds.length === 1 && known !== undefined) expect(tags.spent).toBeCloseTo(known, 2)
      }
      cursor = page.next
    }
    expect(seen.size).toBeGreaterThan(7)
    expect((await server.call('GET', '/v1/segments/twice/members?tags=Not%20A%20Key')).status).toBe(400)
  })

  it('computes nothing about people who said no to analytics', async () => {
    const refusing = members.filter(({ choices, orders }) => !choices.Analytics && orders > 0)
    expect(refusing.length).toBeGreaterThan(0)
    for (const person of refusing) expect(await profileOf(person)).toMatchObject({ tags: {}, segments: [] })
  })

  it('reacts to an order within moments, and tells who came into a segment', async () => {
    const stranger = { userId: 'fresh-1', event: 'Order Completed', properties: { order_id: 'f-1', revenue: 10 } }
    await server.track('/v1/track', { ...stranger, messageId: 'f-1' })
    await server.track('/v1/track', { ...stranger, messageId: 'f-2', properties: { order_id: 'f-2', revenue: 10 } })
    const profile = await until(
      () => profileOf({ userId: 'fresh-1' }),
      ({ segments }) => segments?.some(({ key }) => key === 'twice') ?? false,
    )
    expect(profile.segments.map(({ key }) => key)).toContain('twice')
  })

  it('recommends with reasons, and leaves out what is not to be had', async () => {
    const [anchor] = customers.catalogue.bundles[0] ?? []
    const ask = async () =>
      (await server.call('POST', '/v1/recommendations', { scene: 'related', anchors: [anchor], limit: 5 })).body as {
        items: { id: string; reasons: unknown[] }[]
      }
    const { items } = await ask()
    expect(items.length).toBeGreaterThan(0)
    for (const { id, reasons } of items) {
      expect(id).not.toBe(anchor)
      expect(reasons.length).toBeGreaterThan(0)
    }
    const first = customers.catalogue.items.find(({ id }) => id === items[0]?.id)
    await server.call('PUT', '/v1/items', { items: [{ ...first, available: false }] })
    const later = await until(ask, ({ items: now }) => now.every(({ id }) => id !== first?.id))
    expect(later.items.map(({ id }) => id)).not.toContain(first?.id)
  })

  it('gives a coupon to those who are eligible, once, and takes it at the till', async () => {
    const terms = { discount: { type: 'fixed', amount: 500 }, currency: 'USD' }
    await server.call('PUT', '/v1/benefits/thanks', { terms, eligibility: { segment: 'twice' }, perPerson: 1 })
    const eligible = analysed.find(({ orders }) => orders >= 2)
    const other = members.find(({ orders }) => orders === 0)
    const issue = async (person: PersonTruth | undefined) =>
      (await server.call('POST', '/v1/benefits/thanks/issue', { profile: `user_id:${person?.userId}` })).body
    const issued = (await issue(eligible)) as { ok: boolean; grants: { code: string }[] }
    expect(issued.ok, JSON.stringify(issued)).toBe(true)
    expect(await issue(eligible)).toMatchObject({ ok: false, reason: { code: 'PERSON_LIMIT' } })
    expect(await issue(other)).toMatchObject({ ok: false, reason: { code: 'NOT_ELIGIBLE' } })
    const redeem = () =>
      server.call('POST', '/v1/benefits/thanks/redeem', {
        code: issued.grants[0]?.code,
        basket: { id: 'o-9', currency: 'USD', total: 2_000 },
      })
    expect((await redeem()).body).toMatchObject({ ok: true, value: 500 })
    expect((await redeem()).body).toMatchObject({ ok: false, reason: { code: 'ALREADY_REDEEMED' } })
  })

  it('mails those who agreed, and nobody else', async () => {
    const [yes, no] = members.filter(({ email }) => email !== undefined)
    const content = { subject: 'Grüße 你好', text: 'A text.' }
    const send = async (person: PersonTruth | undefined) =>
      (await server.call('POST', '/v1/messages', { profile: `user_id:${person?.userId}`, purpose: 'marketing', content })).body as {
        id: string
        state: string
      }
    const say = (person: PersonTruth | undefined, state: string) =>
      server.call('PUT', `/v1/profiles/user_id:${person?.userId}/consents`, { consents: [{ purpose: 'marketing.email', state }] })
    await say(yes, 'granted')
    await say(no, 'denied')
    expect(await send(no)).toMatchObject({ state: 'dropped', reason: { code: 'NO_CONSENT' } })
    const { id } = await send(yes)
    await until(
      async () => (await server.call('GET', `/v1/messages/${id}`)).body as { state: string },
      ({ state }) => state === 'sent',
    )
    const mail = mails.find((raw) => raw.includes(`To: ${yes?.email}`))
    expect(mail).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
    expect(mails.filter((raw) => raw.includes(String(no?.email)))).toEqual([])
    const link = /List-Unsubscribe: <([^>]+)>/.exec(mail?.replace(/\r?\n\s+/g, ' ') ?? '')?.[1]?.replaceAll(' ', '')
    const here = String(link).replace(publicUrl, server.address)
    const asks = async (url: string) => {
      const response = await fetch(url, { headers: { accept: 'text/html,*/*;q=0.8' } })
      return [response.status, (await response.text()).includes('<form')]
    }
    expect(await asks(here)).toEqual([200, true])
    for (const wrong of [`${here}x`, here.slice(0, -1), `${server.address}/u/made-up`])
      expect(await asks(wrong), wrong).toEqual([404, false])
    expect((await server.call('GET', '/u/made-up')).body).toMatchObject({ code: 'TENON_NOT_FOUND' })
    expect((await fetch(here, { method: 'POST' })).status).toBe(200)
    expect(await send(yes)).toMatchObject({ state: 'dropped', reason: { code: 'NO_CONSENT' } })
  })

  it('shows the same to everybody who objects to personal choice, and gives them no benefits', async () => {
    const person = analysed.find(({ orders }) => orders >= 2)
    const profile = `user_id:${person?.userId}`
    await server.call('PUT', `/v1/profiles/${profile}/consents`, {
      consents: ['personalise', 'benefit'].map((purpose) => ({ purpose, state: 'denied' })),
    })
    expect((await server.call('POST', '/v1/recommendations', { scene: 'home', profile })).body).toMatchObject({ personal: false })
    expect((await server.call('POST', '/v1/benefits/thanks/issue', { profile })).body).toMatchObject({
      ok: false,
      reason: { code: 'NO_CONSENT' },
    })
  })

  it('accounts for every event that it received', async () => {
    await server.settle()
    const metrics = String((await server.call('GET', '/metrics')).body)
    const count = (state: string) => Number(new RegExp(`tenon_events_total\\{state="${state}"\\} (\\d+)`).exec(metrics)?.[1])
    expect(count('duplicate')).toBeGreaterThan(0)
    expect(count('in_log')).toBe(0)
    expect(count('received')).toBe(count('stored') + count('duplicate') + count('failed'))
  })
})
