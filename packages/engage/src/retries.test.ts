import type { Channel, Delivery } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { scripted } from './house.fixture.ts'
import { houseOfFile, idOf, request, stateOf, until } from './messages.fixture.ts'

const house = houseOfFile()

describe('retries', () => {
  it('wait as long as the provider says, and longer each time', async () => {
    const workspace = await house().workspace()
    const channel = scripted((message, attempt): Delivery | 'accepted' =>
      attempt < 3 ? { id: message.id, status: 'deferred', retryAfterMs: attempt === 1 ? 90_000 : 0, detail: 'busy' } : 'accepted',
    )
    const engage = house().engage({ chat: channel }, { retry: { firstMs: 10_000 } })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    await engage.work()
    house().clock.advance(89_000)
    expect(await engage.work()).toBe(0)
    house().clock.advance(1_000)
    expect(await engage.work()).toBe(1)
    // The second rest is twice the first of 10 s, half of it drawn by lot: here the shortest.
    house().clock.advance(9_000)
    expect(await engage.work()).toBe(0)
    house().clock.advance(1_000)
    expect(await engage.work()).toBe(1)
    expect(await engage.message({ workspace, id })).toMatchObject({ state: 'sent', attempts: 3 })
  })

  it('end after so many attempts, as a dead letter', async () => {
    const workspace = await house().workspace()
    const channel = scripted(() => 'deferred')
    const engage = house().engage({ chat: channel }, { retry: { attempts: 3, firstMs: 1_000 } })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    for (let turn = 0; turn < 6; turn++) {
      await engage.work()
      house().clock.advance(60_000)
    }
    expect(channel.reached).toHaveLength(3)
    expect(await engage.message({ workspace, id })).toMatchObject({
      state: 'dropped',
      reason: { code: 'EXHAUSTED', detail: { attempts: 3, last: 'DEFERRED', detail: 'later' } },
    })
  })

  it('end when the message is too old', async () => {
    const workspace = await house().workspace()
    const engage = house().engage({ chat: scripted(() => 'deferred') }, { retry: { maxAgeMs: 30_000, firstMs: 20_000 } })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('queued: DEFERRED')
    house().clock.advance(25_000)
    await engage.work()
    expect(await stateOf(engage, workspace, id)).toBe('dropped: EXHAUSTED')
  })

  it('keep the order of one person and channel, and hold nobody else up', async () => {
    const workspace = await house().workspace()
    const channel = scripted((message, attempt) => (message.content.text === 'first' && attempt === 1 ? 'deferred' : 'accepted'))
    const engage = house().engage({ chat: channel })
    const [an, bo] = [await house().person(workspace), await house().person(workspace)]
    for (const text of ['first', 'second', 'third']) await engage.send(request(workspace, an, { content: { text } }))
    await engage.send(request(workspace, bo, { content: { text: 'other' } }))
    await engage.work()
    expect(channel.reached.map(({ content }) => content.text)).toEqual(['first', 'other'])
    house().clock.advance(60_000)
    await engage.work()
    expect(channel.reached.map(({ content }) => content.text)).toEqual(['first', 'other', 'first', 'second', 'third'])
  })

  it('are not for what the provider refuses for ever', async () => {
    const workspace = await house().workspace()
    const engage = house().engage({ chat: scripted(() => 'rejected') })
    const id = idOf(await engage.send(request(workspace, await house().person(workspace))))
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
    const workspace = await house().workspace()
    const dead = scripted(undefined, { send, medium: 'dead' })
    const live = scripted()
    const engage = house().engage({ dead, live }, { sendLimitMs: 1_000 })
    const profile = await house().person(workspace)
    const lost = idOf(await engage.send(request(workspace, profile, { channel: 'dead' })))
    const fine = idOf(await engage.send(request(workspace, profile, { channel: 'live' })))
    await engage.work()
    expect(await stateOf(engage, workspace, lost)).toBe('queued: CHANNEL_FAILED')
    expect(await stateOf(engage, workspace, fine)).toBe('sent')
  })

  it('hangs: the others go on meanwhile', async () => {
    const workspace = await house().workspace()
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
    const engage = house().engage({ slow, live })
    engage.start()
    const profile = await house().person(workspace)
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
    const workspace = await house().workspace()
    let broken = true
    let calls = 0
    const channel = scripted(undefined, {
      async send({ messages }) {
        calls++
        if (broken) throw new Error('broken')
        return messages.map(({ id }) => ({ id, status: 'accepted', reference: id }))
      },
    })
    const engage = house().engage({ chat: channel }, { retry: { firstMs: 10_000, longestMs: 600_000 } })
    const ids = []
    for (let n = 0; n < 30; n++) ids.push(idOf(await engage.send(request(workspace, await house().person(workspace)))))
    for (let second = 0; second < 120; second++) {
      await engage.work()
      house().clock.advance(1_000)
    }
    expect(calls).toBeLessThanOrEqual(6)
    broken = false
    house().clock.advance(600_000)
    await engage.work()
    house().clock.advance(600_000)
    await engage.work()
    expect((await engage.stats({ workspace })).get('chat')).toMatchObject({ accepted: 30, delivered: 30, pending: 0 })
  })
})

describe('limits', () => {
  it('of the rate are kept, by the injected clock', async () => {
    const workspace = await house().workspace()
    const channel = scripted(undefined, { limits: { perSecond: 5, batch: 3, bytes: 10_000 } })
    const engage = house().engage({ chat: channel })
    for (let n = 0; n < 12; n++) await engage.send(request(workspace, await house().person(workspace)))
    expect(await engage.work()).toBe(5)
    expect(await engage.work()).toBe(0)
    house().clock.advance(400)
    expect(await engage.work()).toBe(2)
    house().clock.advance(60_000)
    expect(await engage.work()).toBe(5)
    expect(Math.max(...channel.batches.map((batch) => batch.length))).toBe(3)
  })

  it('of a hand-over in bytes are kept', async () => {
    const workspace = await house().workspace()
    const channel = scripted(undefined, { limits: { perSecond: 100, batch: 10, bytes: 100 } })
    const engage = house().engage({ chat: channel })
    for (let n = 0; n < 5; n++)
      await engage.send(request(workspace, await house().person(workspace), { content: { text: 'x'.repeat(30) } }))
    await engage.work()
    expect(channel.batches.map((batch) => batch.length)).toEqual([2, 2, 1])
  })
})
