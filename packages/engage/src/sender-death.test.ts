import type { Delivery } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { scripted } from './house.fixture.ts'
import { houseOfFile, idOf, request, stateOf, until } from './messages.fixture.ts'

const house = houseOfFile()

describe('a sender that dies', () => {
  it('between claim and report loses nothing: the message goes out after its lease, under the same id', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    const engage = house().engage({ chat: channel })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    const claimed = await house().store.in(workspace).messages.claim({ channel: 'chat', limit: 1, leaseMs: 180_000 })
    expect(claimed).toMatchObject([{ id, attempts: 1 }])
    expect(await engage.work()).toBe(0)
    house().clock.advance(180_001)
    expect(await engage.work()).toBe(1)
    expect(channel.reached.map((message) => message.id)).toEqual([id])
    expect(await engage.message({ workspace, id })).toMatchObject({ state: 'sent', attempts: 2 })
    const whats = (await engage.deliveries({ workspace, id })).map(({ what }) => what)
    expect(whats).toEqual(['queued', 'sending', 'lease-expired', 'sending', 'sent'])
    // The report of the first sender comes after all: it changes nothing.
    await house()
      .store.in(workspace)
      .messages.record([{ id, attempt: 1, state: 'dropped', reason: { code: 'late', detail: {} } }])
    expect(await stateOf(engage, workspace, id)).toBe('sent')
  })

  it('again and again ends as a dead letter', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    const engage = house().engage({ chat: channel }, { retry: { attempts: 2 } })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    for (let death = 0; death < 2; death++) {
      await house().store.in(workspace).messages.claim({ channel: 'chat', limit: 1, leaseMs: 1_000 })
      house().clock.advance(1_001)
      await house().store.in(workspace).messages.requeueExpired()
    }
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('dropped: EXHAUSTED')
    expect(channel.reached).toHaveLength(0)
  })

  it('because the store is away at the report tells it later', async () => {
    const workspace = await house().workspace()
    const channel = scripted()
    let away = true
    const store = {
      ...house().store,
      in: (name: string) => {
        const real = house().store.in(name)
        const record: typeof real.messages.record = (outcomes) =>
          away ? Promise.reject(new Error('away')) : real.messages.record(outcomes)
        return { ...real, messages: { ...real.messages, record } }
      },
    }
    const engage = house().engage({ chat: channel }, { store })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
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
    const workspace = await house().workspace()
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
    const engage = house().engage({ chat: channel })
    for (let n = 0; n < 3; n++) await engage.send(request(workspace, await house().person(workspace)))
    engage.start()
    await until(async () => (await engage.stats({ workspace })).get('chat')?.states.sending === 1)
    const drained = engage.drain()
    release?.()
    await drained
    expect((await engage.stats({ workspace })).get('chat')?.states).toEqual({ sent: 1, queued: 2 })
    const next = house().engage({ chat: scripted() })
    await next.work()
    expect((await next.stats({ workspace })).get('chat')?.states).toEqual({ sent: 3 })
  })

  it('does not wait for a channel that does not listen', async () => {
    const workspace = await house().workspace()
    let isCalled = false
    const silent = scripted(undefined, {
      send: () => {
        isCalled = true
        return new Promise(() => {})
      },
    })
    const engage = house().engage({ chat: silent })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    engage.start()
    await until(async () => isCalled)
    await engage.drain(AbortSignal.abort())
    expect(await stateOf(engage, workspace, id)).toBe('queued: CHANNEL_FAILED')
  })

  it('gives calls up at the signal', async () => {
    const workspace = await house().workspace()
    let isCalled = false
    const channel = scripted(undefined, {
      send: ({ messages }, { signal }) =>
        new Promise((resolve) => {
          isCalled = true
          const later = messages.map(({ id }): Delivery => ({ id, status: 'deferred', retryAfterMs: 0, detail: 'given up' }))
          signal.addEventListener('abort', () => resolve(later), { once: true })
        }),
    })
    const engage = house().engage({ chat: channel })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    engage.start()
    await until(async () => isCalled)
    await engage.drain(AbortSignal.timeout(50))
    expect(await stateOf(engage, workspace, id)).toBe('queued: DEFERRED')
  })
})
