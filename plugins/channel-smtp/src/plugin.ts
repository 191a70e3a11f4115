import { definePlugin } from '@tenon/kernel'
import { channel } from '@tenon/kernel/contracts'
import { config } from './config.ts'
import { createSmtpChannels } from './smtp-channels.ts'

/** E-mail over SMTP. */
export const channelSmtp = definePlugin({
  id: 'tenon.channel-smtp',
  version: '0.1.0',
  description: 'E-mail over SMTP, with one-click unsubscribe.',
  config,
  needs: {},
  provides: { channel },
  perWorkspace: true,
  setup(context) {
    const smtp = createSmtpChannels(context)
    context.onClose(smtp.close)
    return { provide: { channel: smtp.channel }, health: smtp.health }
  },
})
