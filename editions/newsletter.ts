import { defineEdition, fromEnv, use } from '@tenon/kernel'
import { channelSmtp } from '@tenon/plugin-channel-smtp'
import { consentBasic } from '@tenon/plugin-consent-basic'
import { identityRules } from '@tenon/plugin-identity-rules'
import { segmenterRules } from '@tenon/plugin-segmenter-rules'
import { sourceSegment } from '@tenon/plugin-source-segment'

/** People who agreed get e-mails; nothing is sold. */
export const newsletter = defineEdition({
  name: 'newsletter',
  plugins: [
    use(sourceSegment, {}),
    use(identityRules, {}),
    use(consentBasic, {}),
    use(segmenterRules, {}),
    use(
      channelSmtp,
      { host: 'mail.example.com', from: 'news@example.com', user: 'news', password: fromEnv('SMTP_PASSWORD') },
      { as: 'email' },
    ),
  ],
})
