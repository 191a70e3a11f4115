import { use } from '@tenon/kernel'
import { type ConsentPolicy, channel, consentPolicy } from '@tenon/kernel/contracts'
import { channelSmtp } from '@tenon/plugin-channel-smtp'
import { consentBasic } from '@tenon/plugin-consent-basic'
import { createGate, type PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import { startTestKernel, type TestClock } from '@tenon/testing'
import { createEngage, type Engage } from './engage.ts'

/** The whole way of a mail: a kernel with its guards, the gate that they ask, the plugins, the station. */
export async function openMailHouse(options: { readonly store: Store; readonly clock: TestClock; readonly port: number }): Promise<{
  readonly gate: PrivacyGate
  readonly engage: Engage
  close(): Promise<void>
}> {
  const { store, clock, port } = options
  const policies = new Map<string, ConsentPolicy>()
  const gate = createGate({ store, policies, clock })
  const kernel = await startTestKernel({
    plugins: [use(consentBasic, {}), use(channelSmtp, { host: '127.0.0.1', port, from: 'shop@tenon.test' }, { as: 'mail' })],
    needs: { policies: consentPolicy, channels: channel },
    gate,
    now: clock.now(),
  })
  for (const [instance, policy] of kernel.needs.policies) policies.set(instance, policy)
  const unsubscribeUrl = (token: string): string => `https://tenon.test/u/${token}`
  const engage = createEngage({ store, gate, channels: kernel.needs.channels, clock, random: () => 0, unsubscribeUrl })
  return {
    gate,
    engage,
    async close() {
      await engage.drain(AbortSignal.abort())
      await kernel.stop()
    },
  }
}
