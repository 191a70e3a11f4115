import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from '@tenon/kernel/contracts'
import { type NatsServer, natsSkipReason, startNatsServer } from '@tenon/testing/stores'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepLooking, look, type Sent } from './conservation.fixture.ts'
import { fleetOptions } from './fleet-options.fixture.ts'
import { createIngest, type Ingest } from './ingest.ts'
import type { IngestStats } from './worker/progress.ts'
import { createWorld, quiet, type World } from './world.fixture.ts'

const missing = natsSkipReason('a fleet of processes')
const SENDERS = 6
const PER_REQUEST = 5

interface Member {
  readonly process: ChildProcess
  readonly port: number
}

describe.skipIf(missing !== undefined)('a fleet of processes on one Postgres, one ClickHouse and one NATS', () => {
  let world: World
  let nats: NatsServer
  const members: Member[] = []
  let witness: Ingest | undefined
  beforeAll(async () => {
    ;[world, nats] = await Promise.all([createWorld(), startNatsServer()])
  })
  afterAll(async () => {
    for (const member of members) member.process.kill('SIGKILL')
    await witness?.stop({ drainMs: 0 })
    await world?.close()
    await nats?.close()
  })

  async function join(role: 'stores' | 'accepts'): Promise<Member> {
    const child = fork(fileURLToPath(new URL('./fleet-member.fixture.ts', import.meta.url)), [
      world.databaseUrl,
      world.clickhouseUrl,
      nats.url,
      role,
    ])
    const [message]: unknown[] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [undefined])])
    if (typeof message !== 'object' || message === null || !('port' in message)) throw new Error('a member did not start')
    return { process: child, port: Number(message.port) }
  }
  /** A member that nobody strikes. What it sees is as it is now; undefined while it can not look, since NATS is away. */
  async function joinHere(): Promise<() => Promise<IngestStats | undefined>> {
    let isStale = false
    const logger: Logger = {
      ...quiet,
      warn(message) {
        if (message === 'the shared logs could not be looked at') isStale = true
      },
    }
    witness = createIngest({ ...fleetOptions({ store: world.store, url: nats.url }), logger })
    const { measure } = witness
    await witness.start()
    return async () => {
      isStale = false
      const stats = await measure()
      return isStale ? undefined : stats
    }
  }

  /** Sends until somebody acknowledges. What was acknowledged twice, or not at all and sent again, is sent under the same ids. */
  async function insist(messages: readonly object[], sent: Sent): Promise<void> {
    for (let tries = 0; ; tries++) {
      if (tries > 600) throw new Error('nobody accepts')
      const { port } = members[Math.floor(Math.random() * members.length)] ?? { port: 0 }
      sent.sent += messages.length
      const asked = fetch(`http://127.0.0.1:${port}/v1/batch`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('key-of-shop:')}` },
        body: JSON.stringify({ batch: messages, sentAt: new Date().toISOString() }),
        signal: AbortSignal.timeout(2_000),
      })
      const status = await asked.then(async (response) => response.body?.cancel().then(() => response.status)).catch(() => 0)
      if (status === 200) {
        sent.acknowledged += messages.length
        return
      }
      await delay(20)
    }
  }

  it('loses nothing and doubles nothing, whoever is killed or sleeps', { timeout: 240_000 }, async () => {
    members.push(...(await Promise.all([join('stores'), join('stores'), join('accepts')])))
    const measure = await joinHere()
    const sent: Sent = { acknowledged: 0, sent: 0, replaying: 0 }
    const watch = keepLooking(() => look(world, measure, sent))
    const counts = Array.from({ length: SENDERS }, () => 0)
    let isOver = false
    const senders = counts.map(async (_, sender) => {
      while (!isOver) {
        const from = counts[sender] ?? 0
        const messages = Array.from({ length: PER_REQUEST }, (_unused, index) => ({
          ...{ type: 'track', event: 'Fleet', messageId: `fleet-${sender}-${from + index}` },
          ...{ userId: `fleet-${sender}`, anonymousId: `fleet-${sender}-${(from + index) % 3}` },
        }))
        await insist(messages, sent)
        counts[sender] = from + PER_REQUEST
        await delay(20)
      }
    })
    const progress = async (): Promise<void> => {
      const before = counts.reduce((sum, count) => sum + count, 0)
      for (let waited = 0; counts.reduce((sum, count) => sum + count, 0) < before + 60; waited++) {
        if (waited > 3_000) throw new Error('nothing is acknowledged')
        await delay(10)
      }
    }
    const replace = async (index: number, role: 'stores' | 'accepts'): Promise<void> => {
      const victim = members[index]
      victim?.process.kill('SIGKILL')
      members[index] = await join(role)
    }
    const sleep = async (index: number): Promise<void> => {
      const sleeper = members[index]?.process
      sleeper?.kill('SIGSTOP')
      // Long enough to be taken for dead: somebody else stores its streams when it wakes up over a batch.
      await delay(2_500)
      sleeper?.kill('SIGCONT')
    }
    const strikes = [
      () => replace(0, 'stores'),
      () => sleep(1),
      async () => {
        await nats.kill()
        await nats.start()
      },
      () => Promise.all([replace(1, 'stores'), replace(2, 'accepts')]),
    ]
    for (const strike of strikes) {
      await progress()
      await Promise.all([strike(), watch.again()])
    }
    await progress()
    isOver = true
    await Promise.all(senders)
    await witness?.idle()
    // While NATS was away there was nothing to see.
    expect(await watch.stop()).toBeGreaterThan(strikes.length)

    const total = counts.reduce((sum, count) => sum + count, 0)
    const last = await measure()
    expect(last).toMatchObject({ stored: total, failed: 0, dropped: 0, inLog: 0 })
    expect(last?.received).toBe(total + (last?.duplicate ?? 0))
    for (const [sender, count] of counts.entries()) {
      const profile = (await world.store.in('shop').profiles.find({ type: 'user_id', value: `fleet-${sender}` })) ?? 0
      const ids: string[] = []
      let cursor: string | undefined
      do {
        const page = await world.analytics.in('shop').events({ profile, limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
        ids.push(...page.rows.map(({ messageId }) => messageId))
        cursor = page.next
      } while (cursor !== undefined)
      expect(ids.toSorted()).toEqual(Array.from({ length: count }, (_, index) => `fleet-${sender}-${index}`).toSorted())
    }
    expect(await world.analytics.in('shop').countEvents()).toBe(total)
  })
})
