import { perWorkspace } from '@tenon/kernel'
import type { Channel } from '@tenon/kernel/contracts'
import type { WebhookConfig } from './config.ts'
import { createWebhookChannel, type WebhookChannel } from './webhook-channel.ts'

/** Secrets, addresses and connections of their own for workspaces that have them: nothing is signed with the secret of another. */
export function createWebhookChannels(config: WebhookConfig, configFor: (workspace: string) => WebhookConfig): WebhookChannel {
  const open: WebhookChannel[] = []
  const create = (given: WebhookConfig): WebhookChannel => {
    const channel = createWebhookChannel(given)
    open.push(channel)
    return channel
  }
  const common = create(config)
  const { medium, address, content, limits } = common.channel
  const channelOf = perWorkspace(configFor, (given) => (given === config ? common : create(given)))
  return {
    // Address and limits belong to the channel, whoever sends.
    channel: Object.freeze<Channel>({
      ...{ medium, address, content, limits },
      send: (request, context) => channelOf(context.workspace).channel.send(request, context),
      receipts: async (request, context) => channelOf(context.workspace).channel.receipts?.(request, context) ?? 'not-genuine',
    }),
    close() {
      for (const channel of open) channel.close()
    },
  }
}
