import { describe, expect, it } from 'vitest'
import { scripted } from './house.fixture.ts'
import { houseOfFile, idOf, request, stateOf } from './messages.fixture.ts'

const house = houseOfFile()

describe('a message', () => {
  it('is accepted, handed over with permit and address, and accounted for', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    const engage = house().engage({ chat: channel })
    const profile = await house().person(workspace, { handle: '@an' })
    const outcome = await engage.send(request(workspace, profile, { locale: 'zh-CN' }))
    expect(outcome).toMatchObject({ ok: true, state: 'queued', channel: 'chat', repeated: false })
    expect(await engage.work()).toBe(1)
    const id = idOf(outcome)
    expect(channel.reached).toMatchObject([
      { id, to: '@an', content: { text: 'hello' }, locale: 'zh-CN', permit: { profile, purpose: 'marketing.chat', action: 'send' } },
    ])
    expect(await engage.message({ workspace, id })).toMatchObject({
      state: 'sent',
      attempts: 1,
      reference: `ref-${id}`,
      purpose: 'marketing.chat',
    })
    expect((await engage.deliveries({ workspace, id })).map(({ what }) => what)).toEqual(['queued', 'sending', 'sent'])
    expect((await engage.messagesOf({ workspace, profile, limit: 10 })).map((message) => message.id)).toEqual([id])
    expect((await engage.stats({ workspace })).get('chat')).toMatchObject({ accepted: 1, delivered: 1, dropped: 0, pending: 0 })
  })

  it('is one message however often its key comes', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    const engage = house().engage({ chat: channel })
    const profile = await house().person(workspace)
    const same = request(workspace, profile)
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => engage.send(same)))
    expect(new Set(outcomes.map(idOf)).size).toBe(1)
    expect(outcomes.filter((outcome) => outcome.ok && !outcome.repeated)).toHaveLength(1)
    await engage.work()
    expect(await engage.send(same)).toMatchObject({ state: 'sent', repeated: true })
    await engage.work()
    expect(channel.reached).toHaveLength(1)
  })

  it('stays in its workspace', async () => {
    const [one, two] = [await house().workspace(), await house().workspace()]
    const engage = house().engage({ chat: scripted() })
    const id = idOf(await engage.send(request(one, await house().person(one))))
    expect(await engage.message({ workspace: two, id })).toBeUndefined()
    expect(await engage.deliveries({ workspace: two, id })).toEqual([])
    expect(await engage.send(request(two, await house().person(one)))).toMatchObject({ ok: false, problems: [{ path: 'profile' }] })
  })
})

describe('what is refused', () => {
  it('is named, all of it, and leaves no trace', async () => {
    const workspace = await house().workspace()
    const engage = house().engage({ chat: scripted(), mail: scripted(undefined, { medium: 'email' }) })
    const bad = request(workspace, 2 ** 40, {
      channel: 'chat',
      purpose: 'Marketing!',
      content: { txt: 1 },
      idempotencyKey: '',
      locale: '??',
    })
    const outcome = await engage.send(bad)
    const paths = outcome.ok ? [] : outcome.problems.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['idempotencyKey', 'locale', 'content.text', 'purpose', 'profile']))
    expect((await engage.stats({ workspace })).size).toBe(0)
  })

  it.each([
    ['no channel where there are two', {}, 'channel'],
    ['an unknown channel', { channel: 'pigeon' }, 'channel'],
    ['the purpose of another medium', { channel: 'chat', purpose: 'marketing.email' }, 'purpose'],
    ['a list as content', { channel: 'chat', content: [] }, 'content'],
    ['content that is too large', { channel: 'chat', content: { text: 'x'.repeat(20_000) } }, 'content'],
  ])('%s', async (_, over, path) => {
    const workspace = await house().workspace()
    const engage = house().engage({ chat: scripted(), mail: scripted(undefined, { medium: 'email' }) })
    const outcome = await engage.send(request(workspace, await house().person(workspace), over))
    expect(outcome).toMatchObject({ ok: false, problems: [{ path }] })
  })
})

describe('consent', () => {
  it('that is missing drops the message at once, in the ledger', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    const engage = house().engage({ chat: channel })
    const outcome = await engage.send(request(workspace, await house().person(workspace, { agrees: false })))
    expect(outcome).toMatchObject({ ok: true, state: 'dropped', reason: { code: 'NO_CONSENT', detail: { because: 'NO_CONSENT' } } })
    const entries = await engage.deliveries({ workspace, id: idOf(outcome) })
    expect(entries.map(({ what }) => what)).toEqual(['queued', 'dropped'])
    expect(await engage.work()).toBe(0)
    expect((await engage.stats({ workspace })).get('chat')).toMatchObject({ accepted: 1, dropped: 1 })
  })

  it('is asked again when the message goes out', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    const engage = house().engage({ chat: channel })
    const profile = await house().person(workspace)
    const id = idOf(await engage.send(request(workspace, profile)))
    const said = {
      purpose: 'marketing.chat',
      basis: 'consent',
      notice: '1',
      source: 'test',
      at: house().clock.now(),
      evidence: {},
    } as const
    await house().gate.record(workspace, profile, [{ ...said, state: 'withdrawn' }])
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('dropped: NO_CONSENT')
    expect(channel.reached).toHaveLength(0)
  })

  it('is not needed for what the person asked for', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    const engage = house().engage({ chat: channel }, { unsubscribeUrl: (token) => `https://tenon.test/u/${token}` })
    await engage.send(request(workspace, await house().person(workspace, { agrees: false }), { purpose: 'service' }))
    await engage.work()
    expect(channel.reached).toMatchObject([{ permit: { purpose: 'service.chat' } }])
    expect(channel.reached[0]?.unsubscribe).toBeUndefined()
  })

  it('that can not be judged lets the message wait', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    const healthy = { ...house().gate }
    let broken = true
    const gate = {
      ...house().gate,
      permits: (...args: Parameters<typeof healthy.permits>) =>
        broken ? Promise.reject(new Error('ledger away')) : healthy.permits(...args),
    }
    const engage = house().engage({ chat: channel }, { gate })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('queued: LOOKUP_FAILED')
    broken = false
    house().clock.advance(60_000)
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('sent')
  })
})

describe('addresses', () => {
  it('are looked up; without one the message is dropped', async () => {
    const workspace = await house().workspace()
    const engage = house().engage({ chat: scripted() })
    const outcome = await engage.send(request(workspace, await house().person(workspace, { handle: null })))
    expect(outcome).toMatchObject({ ok: true, state: 'dropped', reason: { code: 'NO_ADDRESS' } })
  })

  it('may be traits, and the newest counts', async () => {
    const workspace = await house().workspace()
    const channel = scripted(undefined, { address: { trait: 'nick' } })
    let nick = 'first'
    const engage = house().engage(
      { chat: channel },
      { traits: async (_, profiles) => new Map(profiles.map((profile) => [profile, { nick }])) },
    )
    await engage.send(request(workspace, await house().person(workspace)))
    nick = 'second'
    await engage.work()
    expect(channel.reached.map(({ to }) => to)).toEqual(['second'])
  })
})
