import { describe, expect, it } from 'vitest'
import { scripted } from './house.fixture.ts'
import { houseOfFile, idOf, request, stateOf } from './messages.fixture.ts'

const house = houseOfFile()

describe('call-backs', () => {
  const telling = (what: 'delivered' | 'bounced' | 'complained', reference: () => string) =>
    scripted(undefined, {
      receipts: async ({ headers }) => {
        if (headers.secret !== 'right') return 'not-genuine'
        return [{ reference: reference(), what, at: house().clock.now(), data: {} }]
      },
    })
  const call = (workspace: string, secret = 'right') => ({ workspace, channel: 'chat', headers: { secret }, body: new Uint8Array() })

  it('move the ledger, once each', async () => {
    const workspace = await house().workspace()
    let id = ''
    const engage = house().engage({ chat: telling('delivered', () => `ref-${id}`) })
    id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    await engage.work()
    expect(await engage.receipts(call(workspace))).toEqual({ ok: true, news: 1, repeated: 0, unknown: 0 })
    expect(await engage.receipts(call(workspace))).toEqual({ ok: true, news: 0, repeated: 1, unknown: 0 })
    expect(await stateOf(engage, workspace, id)).toBe('delivered')
    expect(await engage.receipts(call(await house().workspace()))).toEqual({ ok: true, news: 0, repeated: 0, unknown: 1 })
  })

  it('that are forged are refused', async () => {
    const engage = house().engage({ chat: telling('delivered', () => 'x'), mute: scripted(undefined, { medium: 'mute' }) })
    expect(await engage.receipts(call('w1', 'wrong'))).toEqual({ ok: false, reason: 'not-genuine' })
    expect(await engage.receipts({ ...call('w1'), channel: 'mute' })).toEqual({ ok: false, reason: 'no-such-channel' })
  })

  it('of a complaint end these messages', async () => {
    const workspace = await house().workspace()
    let id = ''
    const engage = house().engage({ chat: telling('complained', () => `ref-${id}`) })
    const profile = await house().person(workspace)
    id = idOf(await engage.send(request(workspace, profile)))
    await engage.work()
    house().clock.advance(1_000)
    await engage.receipts(call(workspace))
    expect(await engage.send(request(workspace, profile))).toMatchObject({ state: 'dropped', reason: { code: 'NO_CONSENT' } })
  })
})

describe('unsubscribe', () => {
  const links = { unsubscribeUrl: (token: string) => `https://tenon.test/u/${token}` }

  async function linkFor(workspace: string) {
    const channel = scripted()
    const engage = house().engage({ chat: channel, other: scripted(undefined, { medium: 'letter' }) }, links)
    const profile = await house().person(workspace)
    await engage.send(request(workspace, profile, { channel: 'chat', purpose: 'marketing.news' }))
    await engage.work()
    const token = channel.reached[0]?.unsubscribe?.url.split('/').at(-1) ?? ''
    return { engage, profile, token }
  }

  it('by one click stops the medium, and nothing else', async () => {
    const workspace = await house().workspace()
    const { engage, profile, token } = await linkFor(workspace)
    expect(await engage.unsubscribe(token)).toEqual({ ok: true, workspace, profile, purpose: 'marketing.chat' })
    expect(await engage.send(request(workspace, profile, { channel: 'chat' }))).toMatchObject({ state: 'dropped' })
    expect(await engage.send(request(workspace, profile, { channel: 'chat', purpose: 'marketing.news' }))).toMatchObject({
      state: 'dropped',
    })
    expect(await engage.send(request(workspace, profile, { channel: 'chat', purpose: 'service' }))).toMatchObject({ state: 'queued' })
    expect(await engage.send(request(workspace, profile, { channel: 'other' }))).toMatchObject({ state: 'queued' })
  })

  it('twice is once', async () => {
    const workspace = await house().workspace()
    const { engage, profile, token } = await linkFor(workspace)
    for (let click = 0; click < 3; click++) {
      house().clock.advance(1_000)
      await engage.unsubscribe(token)
    }
    const receipts = (await house().store.in(workspace).consents.of([profile])).get(profile) ?? []
    expect(receipts.filter(({ source }) => source === 'unsubscribe')).toHaveLength(1)
  })

  it('is written down whatever else there is of a no, which may run out or be that of another', async () => {
    const said = { basis: 'consent', notice: '1', evidence: {} }
    const others = [
      { state: 'withdrawn', source: 'form', expiresAt: true },
      { state: 'denied', source: 'merge', expiresAt: false },
      { state: 'withdrawn', source: 'unsubscribe', expiresAt: false },
    ] as const
    for (const { state, source, expiresAt } of others) {
      const workspace = await house().workspace()
      const { engage, profile, token } = await linkFor(workspace)
      const { consents } = house().store.in(workspace)
      const at = house().clock.now()
      await consents.record([{ ...said, profile, purpose: 'marketing.chat', state, source, at, ...(expiresAt ? { expiresAt: at } : {}) }])
      house().clock.advance(1_000)
      await engage.unsubscribe(token)
      expect((await consents.of([profile])).get(profile)?.[0]).toMatchObject({ state: 'withdrawn', notice: 'one-click' })
    }
  })

  it('is written down again behind a yes that came in between', async () => {
    const workspace = await house().workspace()
    const { engage, profile, token } = await linkFor(workspace)
    house().clock.advance(1_000)
    for (const state of ['granted', 'denied'] as const) {
      await engage.unsubscribe(token)
      house().clock.advance(1_000)
      const said = { purpose: 'marketing.chat', state, basis: 'consent', notice: '1', source: 'form', evidence: {} }
      await house().gate.record(workspace, profile, [{ ...said, at: house().clock.now() }])
      house().clock.advance(1_000)
    }
    await engage.unsubscribe(token)
    const receipts = (await house().store.in(workspace).consents.of([profile])).get(profile) ?? []
    expect(receipts.map(({ source, state }) => `${source} ${state}`).slice(0, 4)).toEqual([
      'form denied',
      'unsubscribe withdrawn',
      'form granted',
      'unsubscribe withdrawn',
    ])
  })

  it('works in another process, which makes no secret of its own', async () => {
    const workspace = await house().workspace()
    const { token } = await linkFor(workspace)
    expect(await house().engage({ chat: scripted() }, links).unsubscribe(token)).toMatchObject({ ok: true })
  })

  it('needs a token of the workspace, untouched', async () => {
    const [one, two] = [await house().workspace(), await house().workspace()]
    const { engage, token } = await linkFor(one)
    await linkFor(two)
    const [claims = '', mac = ''] = token.split('.')
    const [, ...rest] = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const moved = Buffer.from(JSON.stringify([two, ...rest])).toString('base64url')
    const nowhere = Buffer.from(JSON.stringify(['nowhere', ...rest])).toString('base64url')
    const other = Buffer.from(JSON.stringify([one, 999, rest[1], rest[2]])).toString('base64url')
    const forged = [
      `${moved}.${mac}`,
      `${other}.${mac}`,
      `${nowhere}.${mac}`,
      claims,
      `${claims}.`,
      `${token}.x`,
      '',
      '.',
      'a.b',
      'x'.repeat(5_000),
    ]
    for (const bad of forged) expect(await engage.unsubscribe(bad)).toEqual({ ok: false })
    expect(await house().store.in('nowhere').kv.get('engage.unsubscribe-secret')).toBeUndefined()
  })
})
