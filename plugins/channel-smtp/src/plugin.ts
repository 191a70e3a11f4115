import { definePlugin } from '@tenon/kernel'
import { channel } from '@tenon/kernel/contracts'
import { config } from './config.ts'
import { createSmtpChannel } from './smtp-channel.ts'

/** E-mail over SMTP. */
export const channelSmtp = definePlugin({
  id: 'tenon.channel-smtp',
  version: '0.1.0',
  description: 'E-mail over SMTP, with one-click unsubscribe.',
  config,
  needs: {},
  provides: { channel },
  setup({ config, onClose }) {
    const smtp = createSmtpChannel(config)
    onClose(smtp.close)
    return { provide: { channel: smtp.channel }, health: smtp.health }
  },
})
