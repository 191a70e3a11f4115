import { defineEdition, fromEnv, use } from '@tenon/kernel'
import { benefitCoupon } from '@tenon/plugin-benefit-coupon'
import { channelSmtp } from '@tenon/plugin-channel-smtp'
import { consentBasic } from '@tenon/plugin-consent-basic'
import { identityRules } from '@tenon/plugin-identity-rules'
import { recommenderCovisit } from '@tenon/plugin-recommender-covisit'
import { recommenderPopular } from '@tenon/plugin-recommender-popular'
import { segmenterRules } from '@tenon/plugin-segmenter-rules'
import { sourceSegment } from '@tenon/plugin-source-segment'
import { tagMeasure } from '@tenon/plugin-tag-measure'
import { tagRfm } from '@tenon/plugin-tag-rfm'

/** Shops: orders make tags and segments, goods are recommended, coupons and e-mails reach those who agreed. */
export const retail = defineEdition({
  name: 'retail',
  plugins: [
    use(consentBasic, {}),
    use(sourceSegment, {}),
    use(identityRules, {}),
    use(tagMeasure, {}),
    use(tagRfm, {}),
    use(segmenterRules, {}),
    use(recommenderPopular, {}, { as: 'popular' }),
    use(recommenderCovisit, {}, { as: 'covisit' }),
    use(benefitCoupon, {}),
    use(
      channelSmtp,
      {
        host: fromEnv('TENON_SMTP_HOST', '127.0.0.1'),
        port: fromEnv('TENON_SMTP_PORT', '1025'),
        from: fromEnv('TENON_SMTP_FROM', 'shop@example.com'),
      },
      { as: 'email' },
    ),
  ],
})
