import { definePlugin } from '@tenon/kernel'
import { channel } from '@tenon/kernel/contracts'
import { config } from './config.ts'
import { createWebhookChannels } from './webhook-channels.ts'

/** Messages as signed HTTP requests. */
export const channelWebhook = definePlugin({
  id: 'tenon.channel-webhook',
  version: '0.1.0',
  description: 'Messages as signed HTTP requests (Standard Webhooks).',
  config,
  needs: {},
  provides: { channel },
  perWorkspace: true,
  setup(context) {
    const webhook = createWebhookChannels(context)
    context.onClose(webhook.close)
    return { provide: { channel: webhook.channel } }
  },
})
