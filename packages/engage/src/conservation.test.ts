import type { Delivery, DeliveryReceipt } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type House, openHouse, scripted } from './house.fixture.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
}, 60_000)
beforeEach(() => house.forget())
afterAll(() => house?.close())

type Fate = 'accepted' | 'rejected' | 'deferred' | 'throws' | 'too-few'
const fate = fc.constantFrom<Fate>('accepted', 'accepted', 'rejected', 'deferred', 'throws', 'too-few')

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send' as const), person: fc.nat(3), again: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('work' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 100, max: 200_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('object' as const), person: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('told' as const), what: fc.constantFrom('delivered' as const, 'bounced' as const) }),
  },
)

it('accepted = delivered + dropped + pending, at every instant, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 25 }),
      fc.array(fate, { minLength: 1, maxLength: 20 }),
      async (steps, fates) => {
        house.forget()
        const workspace = await house.workspace()
        const queue = [...fates]
        const taken: string[] = []
        let receipts: readonly DeliveryReceipt[] = []
        const channel = scripted(undefined, {
          async send({ messages }) {
            const batch = queue.shift() ?? 'accepted'
            queue.push(batch)
            if (batch === 'throws') throw new Error('broken')
            const answers = messages.map(({ id }): Delivery => {
              if (batch === 'rejected') return { id, status: 'rejected', reason: 'address', detail: '' }
              if (batch === 'deferred') return { id, status: 'deferred', retryAfterMs: 500, detail: '' }
              taken.push(id)
              return { id, status: 'accepted', reference: `ref-${id}` }
            })
            return batch === 'too-few' ? answers.slice(1) : answers
          },
          receipts: async () => receipts,
        })
        const engage = house.engage({ chat: channel }, { retry: { attempts: 4, firstMs: 1_000, longestMs: 20_000 } })
        const people = await Promise.all([0, 1, 2, 3].map(() => house.person(workspace)))
        const accepted = new Set<string>()
        const addressees = new Map<number, number>()
        let keys = 0

        for (const move of steps) {
          if (move.kind === 'send') {
            const key = move.again ? Math.max(0, keys - 1) : keys++
            const profile = addressees.get(key) ?? people[move.person] ?? 0
            addressees.set(key, profile)
            const outcome = await engage.send({
              workspace,
              profile,
              purpose: 'marketing',
              content: { text: 'x' },
              idempotencyKey: `k${key}`,
            })
            if (outcome.ok) accepted.add(outcome.id)
          } else if (move.kind === 'work') await engage.work()
          else if (move.kind === 'wait') house.clock.advance(move.ms)
          else if (move.kind === 'die') await house.store.in(workspace).messages.claim({ channel: 'chat', limit: 2, leaseMs: 50_000 })
          else if (move.kind === 'object') {
            const said = {
              purpose: 'marketing.chat',
              basis: 'consent',
              notice: '1',
              source: 'test',
              at: house.clock.now(),
              evidence: {},
            } as const
            await house.gate.record(workspace, people[move.person] ?? 0, [{ ...said, state: 'denied' }])
          } else {
            const id = taken.at(-1)
            receipts = id === undefined ? [] : [{ reference: `ref-${id}`, what: move.what, at: house.clock.now(), data: {} }]
            await engage.receipts({ workspace, channel: 'chat', headers: {}, body: new Uint8Array() })
          }
          const stats = (await engage.stats({ workspace })).get('chat')
          expect(stats?.accepted ?? 0).toBe(accepted.size)
          expect((stats?.delivered ?? 0) + (stats?.dropped ?? 0) + (stats?.pending ?? 0)).toBe(accepted.size)
        }

        // Left alone, everything comes to an end, and every end has a reason or a reference.
        for (let turn = 0; turn < 40; turn++) {
          house.clock.advance(200_000)
          await engage.work()
        }
        expect((await engage.stats({ workspace })).get('chat')?.pending ?? 0).toBe(0)
        for (const id of accepted) {
          const message = await engage.message({ workspace, id })
          const [first, ...rest] = await engage.deliveries({ workspace, id })
          expect(first?.what).toBe('queued')
          expect(rest.length).toBeGreaterThan(0)
          if (message?.state === 'dropped') expect(message.reason?.code).toBeTruthy()
          else expect(message?.reference).toBe(`ref-${id}`)
        }
        await engage.drain()
      },
    ),
    { numRuns: 12 },
  )
}, 120_000)
