import type { Channel, Delivery } from '@tenon/kernel/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SendOutcome } from './accept.ts'
import type { Engage } from './engage.ts'
import { type House, openHouse, scripted } from './house.fixture.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
}, 60_000)
beforeEach(() => house.forget())
afterAll(() => house?.close())

let keys = 0
const request = (workspace: string, profile: number, over: object = {}) => ({
  workspace,
  profile,
  purpose: 'marketing',
  content: { text: 'hello' },
  idempotencyKey: `key-${++keys}`,
  ...over,
})

function idOf(outcome: SendOutcome): string {
  if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome.problems)}`)
  return outcome.id
}

const stateOf = async (engage: Engage, workspace: string, id: string) => {
  const message = await engage.message({ workspace, id })
  return message?.reason === undefined ? message?.state : `${message.state}: ${message.reason.code}`
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('it did not happen in time')
}

describe('a message', () => {
  it('is accepted, handed over with permit and address, and accounted for', async () => {
    const workspace = await house.workspace()
    const channel = scripted()
    const engage = house.engage({ chat: channel })
    const profile = await house.person(workspace, { handle: '@an' })
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
    const workspace = await house.workspace()
    const channel = scripted()
    const engage = house.engage({ chat: channel })
    const profile = await house.person(workspace)
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
    const [one, two] = [await house.workspace(), await house.workspace()]
    const engage = house.engage({ chat: scripted() })
    const id = idOf(await engage.send(request(one, await house.person(one))))
    expect(await engage.message({ workspace: two, id })).toBeUndefined()
    expect(await engage.deliveries({ workspace: two, id })).toEqual([])
    expect(await engage.send(request(two, await house.person(one)))).toMatchObject({ ok: false, problems: [{ path: 'profile' }] })
  })
})

describe('what is refused', () => {
  it('is named, all of it, and leaves no trace', async () => {
    const workspace = await house.workspace()
    const engage = house.engage({ chat: scripted(), mail: scripted(undefined, { medium: 'email' }) })
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
    const workspace = await house.workspace()
    const engage = house.engage({ chat: scripted(), mail: scripted(undefined, { medium: 'email' }) })
    const outcome = await engage.send(request(workspace, await house.person(workspace), over))
    expect(outcome).toMatchObject({ ok: false, problems: [{ path }] })
  })
})

describe('consent', () => {
  it('that is missing drops the message at once, in the ledger', async () => {
    const workspace = await house.workspace()
    const channel = scripted()
    const engage = house.engage({ chat: channel })
    const outcome = await engage.send(request(workspace, await house.person(workspace, { agrees: false })))
    expect(outcome).toMatchObject({ ok: true, state: 'dropped', reason: { code: 'NO_CONSENT', detail: { because: 'NO_CONSENT' } } })
    const entries = await engage.deliveries({ workspace, id: idOf(outcome) })
    expect(entries.map(({ what }) => what)).toEqual(['queued', 'dropped'])
    expect(await engage.work()).toBe(0)
    expect((await engage.stats({ workspace })).get('chat')).toMatchObject({ accepted: 1, dropped: 1 })
  })

  it('is asked again when the message goes out', async () => {
    const workspace = await house.workspace()
    const channel = scripted()
    const engage = house.engage({ chat: channel })
    const profile = await house.person(workspace)
    const id = idOf(await engage.send(request(workspace, profile)))
    const said = { purpose: 'marketing.chat', basis: 'consent', notice: '1', source: 'test', at: house.clock.now(), evidence: {} } as const
    await house.gate.record(workspace, profile, [{ ...said, state: 'withdrawn' }])
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('dropped: NO_CONSENT')
    expect(channel.reached).toHaveLength(0)
  })

  it('is not needed for what the person asked for', async () => {
    const workspace = await house.workspace()
    const channel = scripted()
    const engage = house.engage({ chat: channel }, { unsubscribeUrl: (token) => `https://tenon.test/u/${token}` })
    await engage.send(request(workspace, await house.person(workspace, { agrees: false }), { purpose: 'service' }))
    await engage.work()
    expect(channel.reached).toMatchObject([{ permit: { purpose: 'service.chat' } }])
    expect(channel.reached[0]?.unsubscribe).toBeUndefined()
  })

  it('that can not be judged lets the message wait', async () => {
    const workspace = await house.workspace()
    const channel = scripted()
    const healthy = { ...house.gate }
    let broken = true
    const gate = {
      ...house.gate,
      permits: (...args: Parameters<typeof healthy.permits>) =>
        broken ? Promise.reject(new Error('ledger away')) : healthy.permits(...args),
    }
    const engage = house.engage({ chat: channel }, { gate })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('queued: LOOKUP_FAILED')
    broken = false
    house.clock.advance(60_000)
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('sent')
  })
})

describe('addresses', () => {
  it('are looked up; without one the message is dropped', async () => {
    const workspace = await house.workspace()
    const engage = house.engage({ chat: scripted() })
    const outcome = await engage.send(request(workspace, await house.person(workspace, { handle: null })))
    expect(outcome).toMatchObject({ ok: true, state: 'dropped', reason: { code: 'NO_ADDRESS' } })
  })

  it('may be traits, and the newest counts', async () => {
    const workspace = await house.workspace()
    const channel = scripted(undefined, { address: { trait: 'nick' } })
    let nick = 'first'
    const engage = house.engage(
      { chat: channel },
      { traits: async (_, profiles) => new Map(profiles.map((profile) => [profile, { nick }])) },
    )
    await engage.send(request(workspace, await house.person(workspace)))
    nick = 'second'
    await engage.work()
    expect(channel.reached.map(({ to }) => to)).toEqual(['second'])
  })
})

describe('retries', () => {
  it('wait as long as the provider says, and longer each time', async () => {
    const workspace = await house.workspace()
    const channel = scripted((message, attempt): Delivery | 'accepted' =>
      attempt < 3 ? { id: message.id, status: 'deferred', retryAfterMs: attempt === 1 ? 90_000 : 0, detail: 'busy' } : 'accepted',
    )
    const engage = house.engage({ chat: channel }, { retry: { firstMs: 10_000 } })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    await engage.work()
    house.clock.advance(89_000)
    expect(await engage.work()).toBe(0)
    house.clock.advance(1_000)
    expect(await engage.work()).toBe(1)
    // The second rest is twice the first of 10 s, half of it drawn by lot: here the shortest.
    house.clock.advance(9_000)
    expect(await engage.work()).toBe(0)
    house.clock.advance(1_000)
    expect(await engage.work()).toBe(1)
    expect(await engage.message({ workspace, id })).toMatchObject({ state: 'sent', attempts: 3 })
  })

  it('end after so many attempts, as a dead letter', async () => {
    const workspace = await house.workspace()
    const channel = scripted(() => 'deferred')
    const engage = house.engage({ chat: channel }, { retry: { attempts: 3, firstMs: 1_000 } })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    for (let turn = 0; turn < 6; turn++) {
      await engage.work()
      house.clock.advance(60_000)
    }
    expect(channel.reached).toHaveLength(3)
    expect(await engage.message({ workspace, id })).toMatchObject({
      state: 'dropped',
      reason: { code: 'EXHAUSTED', detail: { attempts: 3, last: 'DEFERRED', detail: 'later' } },
    })
  })

  it('end when the message is too old', async () => {
    const workspace = await house.workspace()
    const engage = house.engage({ chat: scripted(() => 'deferred') }, { retry: { maxAgeMs: 30_000, firstMs: 20_000 } })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('queued: DEFERRED')
    house.clock.advance(25_000)
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('dropped: EXHAUSTED')
  })

  it('keep the order of one person and channel, and hold nobody else up', async () => {
    const workspace = await house.workspace()
    const channel = scripted((message, attempt) => (message.content.text === 'first' && attempt === 1 ? 'deferred' : 'accepted'))
    const engage = house.engage({ chat: channel })
    const [an, bo] = [await house.person(workspace), await house.person(workspace)]
    for (const text of ['first', 'second', 'third']) await engage.send(request(workspace, an, { content: { text } }))
    await engage.send(request(workspace, bo, { content: { text: 'other' } }))
    await engage.work()
    expect(channel.reached.map(({ content }) => content.text)).toEqual(['first', 'other'])
    house.clock.advance(60_000)
    await engage.work()
    expect(channel.reached.map(({ content }) => content.text)).toEqual(['first', 'other', 'first', 'second', 'third'])
  })

  it('are not for what the provider refuses for ever', async () => {
    const workspace = await house.workspace()
    const engage = house.engage({ chat: scripted(() => 'rejected') })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    await engage.work()
    expect(await engage.message({ workspace, id })).toMatchObject({
      state: 'dropped',
      reason: { code: 'CONTENT', detail: { detail: 'no' } },
    })
  })
})

describe('a channel that is broken', () => {
  const failing: readonly [string, Channel['send']][] = [
    ['throws', () => Promise.reject(new Error('broken'))],
    ['never answers', () => new Promise(() => {})],
    ['answers too little', async () => []],
    ['answers for others', async ({ messages }) => messages.map(() => ({ id: 'other', status: 'accepted', reference: 'r' }))],
  ]

  it.each(failing)('%s: it rests alone, and its messages wait', async (_, send) => {
    const workspace = await house.workspace()
    const dead = scripted(undefined, { send, medium: 'dead' })
    const live = scripted()
    const engage = house.engage({ dead, live }, { sendLimitMs: 1_000 })
    const profile = await house.person(workspace)
    const lost = idOf(await engage.send(request(workspace, profile, { channel: 'dead' })))
    const fine = idOf(await engage.send(request(workspace, profile, { channel: 'live' })))
    await engage.work()
    expect(await stateOf(engage, workspace, lost)).toBe('queued: CHANNEL_FAILED')
    expect(await stateOf(engage, workspace, fine)).toBe('sent')
  })

  it('hangs: the others go on meanwhile', async () => {
    const workspace = await house.workspace()
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = scripted(undefined, {
      medium: 'slow',
      async send({ messages }) {
        await held
        return messages.map(({ id }) => ({ id, status: 'accepted', reference: id }))
      },
    })
    const live = scripted()
    const engage = house.engage({ slow, live })
    engage.start()
    const profile = await house.person(workspace)
    const late = idOf(await engage.send(request(workspace, profile, { channel: 'slow' })))
    await until(async () => (await stateOf(engage, workspace, late)) === 'sending')
    for (let n = 0; n < 20; n++) await engage.send(request(workspace, profile, { channel: 'live' }))
    await until(() => live.reached.length === 20)
    expect(await stateOf(engage, workspace, late)).toBe('sending')
    release?.()
    await until(async () => (await stateOf(engage, workspace, late)) === 'sent')
    await engage.drain()
  })

  it('is asked less and less, and works again when it does', async () => {
    const workspace = await house.workspace()
    let broken = true
    let calls = 0
    const channel = scripted(undefined, {
      async send({ messages }) {
        calls++
        if (broken) throw new Error('broken')
        return messages.map(({ id }) => ({ id, status: 'accepted', reference: id }))
      },
    })
    const engage = house.engage({ chat: channel }, { retry: { firstMs: 10_000, longestMs: 600_000 } })
    const ids = []
    for (let n = 0; n < 30; n++) ids.push(idOf(await engage.send(request(workspace, await house.person(workspace)))))
    for (let second = 0; second < 120; second++) {
      await engage.work()
      house.clock.advance(1_000)
    }
    expect(calls).toBeLessThanOrEqual(6)
    broken = false
    house.clock.advance(600_000)
    await engage.work()
    house.clock.advance(600_000)
    await engage.work()
    expect((await engage.stats({ workspace })).get('chat')).toMatchObject({ accepted: 30, delivered: 30, pending: 0 })
  })
})

describe('limits', () => {
  it('of the rate are kept, by the injected clock', async () => {
    const workspace = await house.workspace()
    const channel = scripted(undefined, { limits: { perSecond: 5, batch: 3, bytes: 10_000 } })
    const engage = house.engage({ chat: channel })
    for (let n = 0; n < 12; n++) await engage.send(request(workspace, await house.person(workspace)))
    expect(await engage.work()).toBe(5)
    expect(await engage.work()).toBe(0)
    house.clock.advance(400)
    expect(await engage.work()).toBe(2)
    house.clock.advance(60_000)
    expect(await engage.work()).toBe(5)
    expect(Math.max(...channel.batches.map((batch) => batch.length))).toBe(3)
  })

  it('of a hand-over in bytes are kept', async () => {
    const workspace = await house.workspace()
    const channel = scripted(undefined, { limits: { perSecond: 100, batch: 10, bytes: 100 } })
    const engage = house.engage({ chat: channel })
    for (let n = 0; n < 5; n++) await engage.send(request(workspace, await house.person(workspace), { content: { text: 'x'.repeat(30) } }))
    await engage.work()
    expect(channel.batches.map((batch) => batch.length)).toEqual([2, 2, 1])
  })
})

describe('a sender that dies', () => {
  it('between claim and report loses nothing: the message goes out after its lease, under the same id', async () => {
    const workspace = await house.workspace()
    const channel = scripted()
    const engage = house.engage({ chat: channel })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    const claimed = await house.store.in(workspace).messages.claim({ channel: 'chat', limit: 1, leaseMs: 180_000 })
    expect(claimed).toMatchObject([{ id, attempts: 1 }])
    expect(await engage.work()).toBe(0)
    house.clock.advance(180_001)
    expect(await engage.work()).toBe(1)
    expect(channel.reached.map((message) => message.id)).toEqual([id])
    expect(await engage.message({ workspace, id })).toMatchObject({ state: 'sent', attempts: 2 })
    const whats = (await engage.deliveries({ workspace, id })).map(({ what }) => what)
    expect(whats).toEqual(['queued', 'sending', 'lease-expired', 'sending', 'sent'])
    // The report of the first sender comes after all: it changes nothing.
    await house.store.in(workspace).messages.record([{ id, attempt: 1, state: 'dropped', reason: { code: 'late', detail: {} } }])
    expect(await stateOf(engage, workspace, id)).toBe('sent')
  })

  it('again and again ends as a dead letter', async () => {
    const workspace = await house.workspace()
    const channel = scripted()
    const engage = house.engage({ chat: channel }, { retry: { attempts: 2 } })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    for (let death = 0; death < 2; death++) {
      await house.store.in(workspace).messages.claim({ channel: 'chat', limit: 1, leaseMs: 1_000 })
      house.clock.advance(1_001)
      await house.store.in(workspace).messages.requeueExpired()
    }
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('dropped: EXHAUSTED')
    expect(channel.reached).toHaveLength(0)
  })

  it('because the store is away at the report tells it later', async () => {
    const workspace = await house.workspace()
    const channel = scripted()
    let away = true
    const store = {
      ...house.store,
      in: (name: string) => {
        const real = house.store.in(name)
        const record: typeof real.messages.record = (outcomes) =>
          away ? Promise.reject(new Error('away')) : real.messages.record(outcomes)
        return { ...real, messages: { ...real.messages, record } }
      },
    }
    const engage = house.engage({ chat: channel }, { store })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    await expect(engage.work()).rejects.toThrow('away')
    expect(await stateOf(engage, workspace, id)).toBe('sending')
    away = false
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('sent')
    expect(channel.reached).toHaveLength(1)
  })
})

describe('drain', () => {
  it('finishes what is in hand, begins nothing more, and loses nothing', async () => {
    const workspace = await house.workspace()
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const channel = scripted(undefined, {
      limits: { perSecond: 100, batch: 1, bytes: 10_000 },
      async send({ messages }) {
        await held
        return messages.map(({ id }) => ({ id, status: 'accepted', reference: id }))
      },
    })
    const engage = house.engage({ chat: channel })
    for (let n = 0; n < 3; n++) await engage.send(request(workspace, await house.person(workspace)))
    engage.start()
    await until(async () => (await engage.stats({ workspace })).get('chat')?.states.sending === 1)
    const drained = engage.drain()
    release?.()
    await drained
    expect((await engage.stats({ workspace })).get('chat')?.states).toEqual({ sent: 1, queued: 2 })
    const next = house.engage({ chat: scripted() })
    await next.work()
    expect((await next.stats({ workspace })).get('chat')?.states).toEqual({ sent: 3 })
  })

  it('does not wait for a channel that does not listen', async () => {
    const workspace = await house.workspace()
    let isCalled = false
    const silent = scripted(undefined, {
      send: () => {
        isCalled = true
        return new Promise(() => {})
      },
    })
    const engage = house.engage({ chat: silent })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    engage.start()
    await until(async () => isCalled)
    await engage.drain(AbortSignal.abort())
    expect(await stateOf(engage, workspace, id)).toBe('queued: CHANNEL_FAILED')
  })

  it('gives calls up at the signal', async () => {
    const workspace = await house.workspace()
    let isCalled = false
    const channel = scripted(undefined, {
      send: ({ messages }, { signal }) =>
        new Promise((resolve) => {
          isCalled = true
          const later = messages.map(({ id }): Delivery => ({ id, status: 'deferred', retryAfterMs: 0, detail: 'given up' }))
          signal.addEventListener('abort', () => resolve(later), { once: true })
        }),
    })
    const engage = house.engage({ chat: channel })
    const id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    engage.start()
    await until(async () => isCalled)
    await engage.drain(AbortSignal.timeout(50))
    expect(await stateOf(engage, workspace, id)).toBe('queued: DEFERRED')
  })
})

describe('call-backs', () => {
  const telling = (what: 'delivered' | 'bounced' | 'complained', reference: () => string) =>
    scripted(undefined, {
      receipts: async ({ headers }) => {
        if (headers.secret !== 'right') return 'not-genuine'
        return [{ reference: reference(), what, at: house.clock.now(), data: {} }]
      },
    })
  const call = (workspace: string, secret = 'right') => ({ workspace, channel: 'chat', headers: { secret }, body: new Uint8Array() })

  it('move the ledger, once each', async () => {
    const workspace = await house.workspace()
    let id = ''
    const engage = house.engage({ chat: telling('delivered', () => `ref-${id}`) })
    id = idOf(await engage.send(request(workspace, await house.person(workspace))))
    await engage.work()
    expect(await engage.receipts(call(workspace))).toEqual({ ok: true, news: 1, repeated: 0, unknown: 0 })
    expect(await engage.receipts(call(workspace))).toEqual({ ok: true, news: 0, repeated: 1, unknown: 0 })
    expect(await stateOf(engage, workspace, id)).toBe('delivered')
    expect(await engage.receipts(call(await house.workspace()))).toEqual({ ok: true, news: 0, repeated: 0, unknown: 1 })
  })

  it('that are forged are refused', async () => {
    const engage = house.engage({ chat: telling('delivered', () => 'x'), mute: scripted(undefined, { medium: 'mute' }) })
    expect(await engage.receipts(call('w1', 'wrong'))).toEqual({ ok: false, reason: 'not-genuine' })
    expect(await engage.receipts({ ...call('w1'), channel: 'mute' })).toEqual({ ok: false, reason: 'no-such-channel' })
  })

  it('of a complaint end these messages', async () => {
    const workspace = await house.workspace()
    let id = ''
    const engage = house.engage({ chat: telling('complained', () => `ref-${id}`) })
    const profile = await house.person(workspace)
    id = idOf(await engage.send(request(workspace, profile)))
    await engage.work()
    house.clock.advance(1_000)
    await engage.receipts(call(workspace))
    expect(await engage.send(request(workspace, profile))).toMatchObject({ state: 'dropped', reason: { code: 'NO_CONSENT' } })
  })
})

describe('unsubscribe', () => {
  const links = { unsubscribeUrl: (token: string) => `https://tenon.test/u/${token}` }

  async function linkFor(workspace: string) {
    const channel = scripted()
    const engage = house.engage({ chat: channel, other: scripted(undefined, { medium: 'letter' }) }, links)
    const profile = await house.person(workspace)
    await engage.send(request(workspace, profile, { channel: 'chat', purpose: 'marketing.news' }))
    await engage.work()
    const token = channel.reached[0]?.unsubscribe?.url.split('/').at(-1) ?? ''
    return { engage, profile, token }
  }

  it('by one click stops the medium, and nothing else', async () => {
    const workspace = await house.workspace()
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
    const workspace = await house.workspace()
    const { engage, profile, token } = await linkFor(workspace)
    for (let click = 0; click < 3; click++) {
      house.clock.advance(1_000)
      await engage.unsubscribe(token)
    }
    const receipts = (await house.store.in(workspace).consents.of([profile])).get(profile) ?? []
    expect(receipts.filter(({ source }) => source === 'unsubscribe')).toHaveLength(1)
  })

  it('works in another process, which makes no secret of its own', async () => {
    const workspace = await house.workspace()
    const { token } = await linkFor(workspace)
    expect(await house.engage({ chat: scripted() }, links).unsubscribe(token)).toMatchObject({ ok: true })
  })

  it('needs a token of the workspace, untouched', async () => {
    const [one, two] = [await house.workspace(), await house.workspace()]
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
    expect(await house.store.in('nowhere').kv.get('engage.unsubscribe-secret')).toBeUndefined()
  })
})
