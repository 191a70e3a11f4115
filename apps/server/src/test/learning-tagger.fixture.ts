import { definePlugin } from '@tenon/kernel'
import { tagger } from '@tenon/kernel/contracts'
import { z } from 'zod'

const definition = z.strictObject({ learns: z.boolean() })

/** A model for everybody, or one that never comes about. */
export const learningTagger = definePlugin({
  id: 'test.learning',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { tagger },
  setup: () => ({
    provide: {
      tagger: {
        kind: 'learning',
        definition,
        presets: [],
        plan: ({ key, label }) => ({ how: 'model', tags: [{ key, label, type: 'number' }], fits: true, every: '1d' }),
        fit: async ({ definition: given }) => {
          if (!definition.parse(given).learns) throw new Error('it learns nothing')
          return { model: new Uint8Array([1]), quality: {} }
        },
        value: async function* ({ profiles = [], key }) {
          yield profiles.map((profile) => ({ profile, tag: key, value: 1, reasons: [] }))
        },
      },
    },
  }),
})
