import { type SegmenterSubject, segmenterConformance } from '@tenon/kernel/conformance'
import type { Segmenter } from '@tenon/kernel/contracts'
import { z } from 'zod'
import type { Faults } from './faults.ts'

const MEASURES = { orders: { event: 'Order Completed', measure: 'count' } } as const

/** Splits people into `<key>.many` and `<key>.few` by how often they ordered. */
const splitSegmenter: Segmenter = {
  kind: 'split',
  definition: z.strictObject({ from: z.number().int().positive() }),
  presets: [],
  plan: ({ key }) => ({
    how: 'model',
    segments: [
      { key: `${key}.many`, label: { en: 'Many' } },
      { key: `${key}.few`, label: { en: 'Few' } },
    ],
    fits: false,
    every: '1d',
    exclusive: true,
  }),
  async *assign({ key, definition, history, asOf, profiles }, context) {
    const request = { measures: MEASURES, asOf, ...(profiles === undefined ? {} : { profiles }) }
    for await (const page of history.measures(request, context)) {
      yield page.map(({ profile, values }) => {
        const orders = Number(values.orders ?? 0)
        const segment = orders >= Number(definition.from) ? `${key}.many` : `${key}.few`
        return { profile, segment, score: 1, reasons: [{ code: 'split.orders', detail: { orders } }] }
      })
    }
  },
}

const subjectOf = (mutate: (good: Segmenter) => Segmenter) => (): SegmenterSubject => ({
  segmenter: mutate(splitSegmenter),
  definition: { from: 3 },
  badDefinitions: [{}, { from: '3' }, { from: 0 }],
})

type Assign = NonNullable<Segmenter['assign']>

async function* nobody() {}
const assigning = (mutate: (assign: Assign) => Assign) =>
  subjectOf((good) => ({ ...good, assign: mutate((...question) => good.assign?.(...question) ?? nobody()) }))

export const segmenterFaults: Faults<SegmenterSubject> = {
  kind: 'segmenter',
  suite: segmenterConformance,
  good: subjectOf((good) => good),
  broken: {
    'puts people into segments that it did not declare': assigning(
      (assign) =>
        async function* (request, context) {
          for await (const page of assign(request, context)) yield page.map((found) => ({ ...found, segment: `${request.key}.other` }))
        },
    ),
    'puts people into both of two exclusive segments': assigning(
      (assign) =>
        async function* (request, context) {
          for await (const page of assign(request, context)) {
            yield page.flatMap((found) => ['many', 'few'].map((name) => ({ ...found, segment: `${request.key}.${name}` })))
          }
        },
    ),
    'is surer than sure': assigning(
      (assign) =>
        async function* (request, context) {
          for await (const page of assign(request, context)) yield page.map((found) => ({ ...found, score: 1.5 }))
        },
    ),
    'answers for everybody when asked for one': assigning(
      (assign) =>
        ({ profiles: _profiles, ...request }, context) =>
          assign(request, context),
    ),
    'looks at history after the instant asked for': assigning(
      (assign) => (request, context) => assign({ ...request, asOf: context.now }, context),
    ),
    'goes on when nobody waits': assigning(
      (assign) => (request, context) => assign(request, { ...context, signal: new AbortController().signal }),
    ),
    'promises a model that it can not make': subjectOf(({ assign: _assign, ...good }) => good),
    'accepts any definition': subjectOf((good) => ({ ...good, definition: z.looseObject({}) })),
    'fails where there are no people': assigning(
      (assign) =>
        async function* (request, context) {
          let pages = 0
          for await (const page of assign(request, context)) {
            pages += 1
            yield page
          }
          if (pages === 0) throw new RangeError('nobody to average')
        },
    ),
  },
}
