import { definePlugin } from '@tenon/kernel'
import { channel } from '@tenon/kernel/contracts'
import { config } from './config.ts'
import { createWebhookChannel } from './webhook-channel.ts'

/** Messages as signed HTTP requests. */
export const channelWebhook = definePlugin({
  id: 'tenon.channel-webhook',
  version: '0.1.0',
  description: 'Messages as signed HTTP requests (Standard Webhooks).',
  config,
  needs: {},
  provides: { channel },
  setup({ config, onClose }) {
    const webhook = createWebhookChannel(config)
    onClose(webhook.close)
    return { provide: { channel: webhook.channel } }
  },
})
