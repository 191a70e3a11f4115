import { type TaggerSubject, taggerConformance } from '@tenon/kernel/conformance'
import type { Tagger } from '@tenon/kernel/contracts'
import { z } from 'zod'
import type { Faults } from './faults.ts'

const MEASURES = { orders: { event: 'Order Completed', measure: 'count' } } as const
const MODEL = z.strictObject({ kind: z.literal('busy'), median: z.number() })
const encode = (median: number): Uint8Array => new TextEncoder().encode(JSON.stringify({ kind: 'busy', median }))
const decode = (model: Uint8Array | undefined): number => MODEL.parse(JSON.parse(new TextDecoder().decode(model))).median

/** Tags people `high` or `low` by whether they order more than the median person. */
const busyTagger: Tagger = {
  kind: 'busy',
  definition: z.strictObject({
    every: z
      .string()
      .regex(/^[1-9]\d*d$/)
      .default('1d'),
  }),
  presets: [{ key: 'busy', label: { en: 'Busy' }, definition: {} }],
  plan: ({ key, label, definition }) => ({
    how: 'model',
    tags: [
      {
        key,
        label,
        type: 'string',
        values: [
          { value: 'high', label: { en: 'High' } },
          { value: 'low', label: { en: 'Low' } },
        ],
      },
    ],
    fits: true,
    every: String(definition.every),
  }),
  async fit({ history, asOf }, context) {
    const counts: number[] = []
    for await (const page of history.measures({ measures: MEASURES, asOf }, context)) {
      for (const { values } of page) counts.push(Number(values.orders ?? 0))
    }
    counts.sort((left, right) => left - right)
    return { model: encode(counts[counts.length >> 1] ?? 0), quality: { people: counts.length } }
  },
  async *value({ key, model, history, asOf, profiles }, context) {
    const median = decode(model)
    const request = { measures: MEASURES, asOf, ...(profiles === undefined ? {} : { profiles }) }
    for await (const page of history.measures(request, context)) {
      yield page.map(({ profile, values }) => ({
        profile,
        tag: key,
        value: Number(values.orders ?? 0) > median ? 'high' : 'low',
        reasons: [{ code: 'busy.orders', detail: { orders: Number(values.orders ?? 0) } }],
      }))
    }
  },
}

const subjectOf = (mutate: (good: Tagger) => Tagger) => (): TaggerSubject => ({
  tagger: mutate(busyTagger),
  definition: { every: '7d' },
  badDefinitions: [{ every: 'often' }, { evry: '1d' }],
})

type Value = NonNullable<Tagger['value']>
type Fit = NonNullable<Tagger['fit']>

const valuing = (mutate: (value: Value) => Value) =>
  subjectOf((good) => ({ ...good, value: mutate((...question) => good.value?.(...question) ?? nothing()) }))
const fitting = (mutate: (fit: Fit) => Fit) =>
  subjectOf((good) => ({
    ...good,
    fit: mutate(async (...question) => (await good.fit?.(...question)) ?? { model: new Uint8Array(), quality: {} }),
  }))

async function* nothing() {}

/** Keeps the median of whoever fitted last: the state that the contract forbids. */
function forgetful(): Tagger {
  let last: Uint8Array | undefined
  return {
    ...busyTagger,
    async fit(request, context) {
      const fitted = (await busyTagger.fit?.(request, context)) ?? { model: new Uint8Array(), quality: {} }
      last = fitted.model
      return fitted
    },
    value: (request, context) => {
      decode(request.model)
      return busyTagger.value?.({ ...request, model: last }, context) ?? nothing()
    },
  }
}

export const tagFaults: Faults<TaggerSubject> = {
  kind: 'tag',
  suite: taggerConformance,
  good: subjectOf((good) => good),
  broken: {
    'names its tag without the key of the definition': subjectOf((good) => ({
      ...good,
      plan: (request) => good.plan({ ...request, key: 'busy' }),
    })),
    'declares a text and measures a number': subjectOf((good) => ({
      ...good,
      plan: ({ key, label }) => ({ how: 'measure', tag: { key, label, type: 'string' }, measure: MEASURES.orders }),
    })),
    'looks at history after the instant asked for': valuing(
      (value) => (request, context) => value({ ...request, asOf: context.now }, context),
    ),
    'answers for everybody when asked for one': valuing(
      (value) =>
        ({ profiles: _profiles, ...request }, context) =>
          value(request, context),
    ),
    'answers values that it did not declare': valuing(
      (value) =>
        async function* (request, context) {
          for await (const page of value(request, context)) yield page.map((found) => ({ ...found, value: 'medium' }))
        },
    ),
    'answers a page twice': valuing(
      (value) =>
        async function* (request, context) {
          for await (const page of value(request, context)) {
            yield page
            yield page
          }
        },
    ),
    'goes on when nobody waits': valuing(
      (value) => (request, context) => value(request, { ...context, signal: new AbortController().signal }),
    ),
    'throws dice while it learns': fitting((fit) => async (request, context) => {
      const { quality } = await fit(request, context)
      return { model: encode(Math.random()), quality }
    }),
    'remembers the model of another workspace': subjectOf(forgetful),
    'takes bytes of anybody for its model': valuing((value) => (request, context) => value({ ...request, model: encode(3) }, context)),
    'divides by nobody': fitting((fit) => async (request, context) => {
      const { model, quality } = await fit(request, context)
      return { model, quality: { share: 1 / (quality.people ?? 0) } }
    }),
  },
}
