import { use } from '@tenon/kernel'
import { type Channel, type ConsentPolicy, consentPolicy, type Delivery, type OutboundMessage } from '@tenon/kernel/contracts'
import { consentBasic } from '@tenon/plugin-consent-basic'
import { createGate, type PrivacyGate } from '@tenon/privacy'
import { openStore, type Store } from '@tenon/store'
import { startTestKernel, type TestClock, type TestLogger, testClock, testLogger } from '@tenon/testing'
import { ephemeralStores } from '@tenon/testing/stores'
import { z } from 'zod'
import { createEngage, type Engage, type EngageOptions } from './engage.ts'

/** A store, a gate with the basic policy, and a clock: what the tests of a file share. */
export interface House {
  readonly store: Store
  readonly gate: PrivacyGate
  readonly clock: TestClock
  readonly logger: TestLogger
  readonly databaseUrl: string
  /** A workspace of its own for a test. */
  workspace(): Promise<string>
  /** From here on stations see the workspaces alone that are made from here on. */
  forget(): void
  /** A person with a handle; who agrees to advertising unless the test says no. */
  person(workspace: string, options?: { readonly agrees?: boolean; readonly handle?: string | null }): Promise<number>
  engage(channels: Readonly<Record<string, Channel>>, over?: Partial<EngageOptions>): Engage
  close(): Promise<void>
}

export async function openHouse(): Promise<House> {
  const stores = await ephemeralStores()
  const clock = testClock()
  const logger = testLogger()
  const store = openStore({ databaseUrl: stores.databaseUrl, clock })
  await store.migrate()
  const kernel = await startTestKernel({ plugins: [use(consentBasic, {})], needs: { policies: consentPolicy } })
  const policies: ReadonlyMap<string, ConsentPolicy> = kernel.needs.policies
  const gate = createGate({ store, policies, clock, logger })
  const engages: Engage[] = []
  let workspaces = 0
  const visible = new Set<string>()
  const list: Store['workspaces']['list'] = async () => (await store.workspaces.list()).filter(({ id }) => visible.has(id))
  const seen = { ...store, workspaces: { ...store.workspaces, list } }
  let people = 0
  return {
    ...{ store: seen, gate, clock, logger, databaseUrl: stores.databaseUrl },
    async workspace() {
      const id = `w${++workspaces}`
      await store.workspaces.ensure({ id, name: id })
      visible.add(id)
      return id
    },
    forget: () => visible.clear(),
    async person(workspace, { agrees = true, handle = `person-${++people}` } = {}) {
      const { profiles } = store.in(workspace)
      const [profile = 0] = await profiles.create(1)
      if (handle !== null) await profiles.attach([{ profile, type: 'handle', value: handle, since: clock.now() }])
      const said = { purpose: 'marketing', basis: 'consent', notice: '1', source: 'test', at: clock.now(), evidence: {} } as const
      if (agrees) await gate.record(workspace, profile, [{ ...said, state: 'granted' }])
      return profile
    },
    engage(channels, over = {}) {
      const engage = createEngage({
        ...{ store: seen, gate, clock, logger },
        channels: new Map(Object.entries(channels)),
        random: () => 0,
        pollMs: 20,
        ...over,
      })
      engages.push(engage)
      return engage
    },
    async close() {
      await Promise.all(engages.map((engage) => engage.drain(AbortSignal.abort())))
      await kernel.stop()
      await store.close()
      await stores.close()
    },
  }
}

type Answer = (message: OutboundMessage, attempt: number) => Delivery['status'] | Delivery

export interface ScriptedChannel extends Channel {
  /** Messages in the order in which they reached the provider. */
  readonly reached: readonly OutboundMessage[]
  readonly batches: readonly (readonly OutboundMessage[])[]
}

/** A channel whose provider answers as a test says. Accepts everything by default. */
export function scripted(answer: Answer = () => 'accepted', over: Partial<Channel> = {}): ScriptedChannel {
  const reached: OutboundMessage[] = []
  const batches: (readonly OutboundMessage[])[] = []
  const attempts = new Map<string, number>()
  return {
    medium: 'chat',
    address: { identifier: 'handle' },
    content: z.strictObject({ text: z.string().min(1) }),
    limits: { perSecond: 1_000, batch: 10, bytes: 10_000 },
    reached,
    batches,
    async send({ messages }) {
      batches.push(messages)
      return messages.map((message): Delivery => {
        const attempt = (attempts.get(message.id) ?? 0) + 1
        attempts.set(message.id, attempt)
        reached.push(message)
        const { id } = message
        const said = answer(message, attempt)
        if (typeof said !== 'string') return said
        if (said === 'accepted') return { id, status: said, reference: `ref-${id}` }
        return said === 'rejected'
          ? { id, status: said, reason: 'content', detail: 'no' }
          : { id, status: said, retryAfterMs: 1_000, detail: 'later' }
      })
    },
    ...over,
  }
}
