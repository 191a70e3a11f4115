import { definePlugin, use } from '@tenon/kernel'
import { type Channel, channel, core, type Delivery } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fake } from './fake.ts'
import { startTestKernel } from './start-test-kernel.ts'
import { closedGate } from './test-gate.ts'

const pigeon: Channel = {
  medium: 'pigeon',
  address: { identifier: 'loft' },
  content: z.strictObject({ text: z.string() }),
  limits: { perSecond: 1, batch: 10, bytes: 100 },
  send: async ({ messages }) => messages.map(({ id }): Delivery => ({ id, status: 'accepted', reference: `ring-${id}` })),
}

const herald = definePlugin({
  id: 'acme.herald',
  version: '1.0.0',
  config: z.strictObject({ greeting: z.string() }),
  needs: { clock: core.clock, logger: core.logger, channels: channel },
  provides: {},
  setup: ({ needs, config }) => ({
    provide: {},
    start: () => needs.logger.info(config.greeting, { at: needs.clock.now().toISOString(), channels: needs.channels.size }),
  }),
})

async function send(gate?: ReturnType<typeof closedGate>): Promise<readonly Delivery[]> {
  await using kernel = await startTestKernel({
    plugins: [fake(channel, pigeon, { as: 'pigeon' })],
    needs: { channels: channel },
    ...(gate === undefined ? {} : { gate }),
  })
  const context = { workspace: 'shop', purpose: 'marketing', now: kernel.clock.now(), signal: AbortSignal.timeout(5_000) }
  const permits = await kernel.gate?.permits({ profiles: [7], purpose: 'marketing', action: 'send' }, context)
  const permit = permits?.get(7) ?? forged
  const sent = await kernel.needs.channels
    .get('pigeon')
    ?.send({ messages: [{ id: 'm', to: 'loft-7', content: { text: 'hi' }, permit }] }, context)
  return sent ?? []
}

const forged = {
  $$type: '@tenon/Permit',
  workspace: 'shop',
  profile: 7,
  purpose: 'marketing',
  action: 'send',
  basis: 'consent',
  decidedAt: new Date('2026-01-01T00:00:00Z'),
} as const

describe('startTestKernel', () => {
  it('runs plugins on the real runtime, with its clock and logs', async () => {
    await using kernel = await startTestKernel({
      plugins: [use(herald, { greeting: 'hello' }), fake(channel, pigeon)],
      now: new Date('2030-02-03T00:00:00Z'),
    })
    expect(kernel.logs.filter(({ message }) => message === 'hello')).toEqual([
      { level: 'info', message: 'hello', fields: { at: '2030-02-03T00:00:00.000Z', channels: 1 } },
    ])
    kernel.clock.advance(1_000)
    expect(kernel.clock.now()).toEqual(new Date('2030-02-03T00:00:01Z'))
    expect(kernel.order).toEqual(['fake:tenon.channel/1', 'acme.herald'])
  })

  it('guards a fake as it guards every provider', async () => {
    expect(await send()).toEqual([{ id: 'm', status: 'accepted', reference: 'ring-m' }])
    expect(await send(closedGate())).toEqual([{ id: 'm', status: 'rejected', reason: 'policy', detail: expect.any(String) }])
  })

  it('has no gate where the host has none', async () => {
    await using kernel = await startTestKernel({ plugins: [], gate: undefined })
    expect(kernel.gate).toBeUndefined()
  })
})
