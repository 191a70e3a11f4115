import { type Configurations, perWorkspace } from '@tenon/kernel'
import type { Channel } from '@tenon/kernel/contracts'
import type { WebhookConfig } from './config.ts'
import { createWebhookChannel, type WebhookChannel } from './webhook-channel.ts'

/** Secrets, addresses and connections of their own for workspaces that have them: nothing is signed with the secret of another. */
export function createWebhookChannels(configurations: Configurations<WebhookConfig>): WebhookChannel {
  const { common, of, all } = perWorkspace(configurations, (config) => createWebhookChannel(config))
  return {
    // Address and limits belong to the channel, whoever sends.
    channel: Object.freeze<Channel>({
      ...common.channel,
      send: (request, context) => of(context.workspace).channel.send(request, context),
      receipts: async (request, context) => of(context.workspace).channel.receipts?.(request, context) ?? 'not-genuine',
    }),
    close() {
      for (const channel of all()) channel.close()
    },
  }
}
