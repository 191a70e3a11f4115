import { defineEdition, definePlugin, use } from '@tenon/kernel'
import { type Channel, channel, recommender, tagger } from '@tenon/kernel/contracts'
import { benefitCoupon } from '@tenon/plugin-benefit-coupon'
import { consentBasic } from '@tenon/plugin-consent-basic'
import { identityRules } from '@tenon/plugin-identity-rules'
import { recommenderPopular } from '@tenon/plugin-recommender-popular'
import { segmenterRules } from '@tenon/plugin-segmenter-rules'
import { sourceSegment } from '@tenon/plugin-source-segment'
import { tagMeasure } from '@tenon/plugin-tag-measure'
import { z } from 'zod'

const never = (): Promise<never> => new Promise(() => {})

/** Its values never come, and it does not listen to anybody. */
const hanging = definePlugin({
  id: 'test.hanging',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { tagger },
  setup: () => ({
    provide: {
      tagger: {
        kind: 'hanging',
        definition: z.strictObject({}),
        presets: [],
        plan: ({ key, label }) => ({ how: 'model', tags: [{ key, label, type: 'number' }], fits: false, every: '1d' }),
        value: async function* () {
          yield await never()
        },
      },
    },
  }),
})

/** Throws whatever it is asked, and puts all that it was told into the message. */
const throwing = definePlugin({
  id: 'test.throwing',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { recommender },
  setup: () => ({
    provide: {
      recommender: {
        uses: ['query'],
        training: { every: '1d' },
        train: async () => ({ model: new Uint8Array(), parameters: {} }),
        load: async () => ({
          memoryBytes: 1,
          recommend: (request) => {
            throw new Error(`can not recommend: ${JSON.stringify(request)}`)
          },
        }),
      },
    },
  }),
})

const medium = (name: string, send: Channel['send']): Channel => ({
  medium: name,
  address: { identifier: 'email' },
  content: z.strictObject({ text: z.string() }),
  limits: { perSecond: 1_000, batch: 10, bytes: 10_000 },
  send,
})

const plain = (id: string, made: Channel) =>
  definePlugin({
    id,
    version: '1.0.0',
    config: z.strictObject({}),
    needs: {},
    provides: { channel },
    setup: () => ({ provide: { channel: made } }),
  })

const slow = plain('test.slow', medium('slow', never))
const broken = plain(
  'test.broken',
  medium('broken', async ({ messages }) => {
    throw new Error(`no route to ${messages.map(({ to }) => to).join(' and ')}`)
  }),
)
const fast = plain(
  'test.fast',
  medium('fast', async ({ messages }) => messages.map(({ id }) => ({ id, status: 'accepted', reference: id }))),
)

/** The retail edition with plugins that hang, throw and tell tales. */
export const faulty = defineEdition({
  name: 'faulty',
  plugins: [
    use(consentBasic, {}),
    use(sourceSegment, {}),
    use(identityRules, {}),
    use(tagMeasure, {}),
    use(segmenterRules, {}),
    use(benefitCoupon, {}),
    use(recommenderPopular, {}, { as: 'popular' }),
    use(throwing, {}, { as: 'throwing' }),
    use(hanging, {}, { as: 'hanging' }),
    use(slow, {}, { as: 'slow' }),
    use(broken, {}, { as: 'broken' }),
    use(fast, {}, { as: 'fast' }),
  ],
})
