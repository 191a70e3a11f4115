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

/** An order and its further lines are bought alike, however long ago. */
const kinds = { 'Order Completed': { weight: 1 }, 'Order Lines Added': { weight: 1 } }
const always = { kinds, within: '1040w', every: '1d' }

/** The retail edition for a shop of 2010 and 2011: nothing is too old to count, and nothing fades. */
export const onlineRetail = defineEdition({
  name: 'online-retail',
  plugins: [
    use(consentBasic, {}),
    use(sourceSegment, {}),
    use(identityRules, {}),
    use(tagMeasure, {}),
    use(tagRfm, {}),
    use(segmenterRules, {}),
    use(recommenderPopular, always, { as: 'popular' }),
    use(recommenderCovisit, always, { as: 'covisit' }),
    use(benefitCoupon, {}),
    use(
      channelSmtp,
      { host: '127.0.0.1', port: fromEnv('TENON_SMTP_PORT'), from: 'shop@example.com', fromName: 'Online Retail' },
      { as: 'email' },
    ),
  ],
})
