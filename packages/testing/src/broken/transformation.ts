import { type TransformationSubject, transformationConformance } from '@tenon/kernel/conformance'
import type { CustomerEvent, Transformation, TransformOutcome } from '@tenon/kernel/contracts'
import type { Faults } from './faults.ts'

/** Writes the name of a city in one way, and forgets where testers are. */
function tidyCity({ context }: CustomerEvent): TransformOutcome {
  const { city } = context
  if (typeof city !== 'string' || city === '') return { kind: 'kept' }
  if (city === 'Testville') return { kind: 'dropped', code: 'TESTER' }
  const tidy = city.trim().toUpperCase()
  return tidy === city ? { kind: 'kept' } : { kind: 'changed', parts: { context: { ...context, city: tidy } } }
}

const cities: Transformation = {
  label: { en: 'Tidy cities' },
  transform: async ({ events }) => events.map(tidyCity),
}

const RECEIPT = new Date('2026-01-15T12:00:00Z')
const eventIn = (city: string): CustomerEvent => ({
  messageId: `m-${city}`,
  source: 'web',
  type: 'page',
  name: 'Home',
  identifiers: [{ type: 'user_id', value: 'an' }],
  properties: { path: '/' },
  traits: {},
  context: { city },
  timestamp: RECEIPT,
  receivedAt: RECEIPT,
})

const subjectOf = (mutate: () => Partial<Transformation>) => (): TransformationSubject => ({
  transformation: { ...cities, ...mutate() },
  events: ['Berlin', 'Lyon ', '上海x', 'Testville'].map(eventIn),
})

/** Something else instead of the outcome of an event. */
const answering = (mutate: (outcome: TransformOutcome, event: CustomerEvent) => unknown) =>
  subjectOf(() => ({
    transform: async ({ events }) => events.map((event) => mutate(tidyCity(event), event) as TransformOutcome),
  }))

/** Parts that are added to every change. */
const adding = (parts: (event: CustomerEvent) => object) =>
  answering((outcome, event) => (outcome.kind === 'changed' ? { ...outcome, parts: { ...outcome.parts, ...parts(event) } } : outcome))

export const transformationFaults: Faults<TransformationSubject> = {
  kind: 'transformation',
  suite: transformationConformance,
  good: subjectOf(() => ({})),
  broken: {
    'does not say what it does': subjectOf(() => ({ label: { en: '' } })),
    'forgets the events that it does not like': subjectOf(() => ({
      transform: async ({ events }) => events.map(tidyCity).filter(({ kind }) => kind !== 'dropped'),
    })),
    'answers in an order of its own': subjectOf(() => ({
      transform: async ({ events }) => events.toSorted((left, right) => (left.messageId < right.messageId ? -1 : 1)).map(tidyCity),
    })),
    'works on the events themselves': subjectOf(() => ({
      transform: async ({ events }) =>
        events.map((event) => {
          Object.assign(event.context, { city: 'BERLIN' })
          return { kind: 'kept' }
        }),
    })),
    'gives events new ids': adding(({ messageId }) => ({ messageId: `${messageId}-tidy` })),
    'leaves what is no JSON': adding(() => ({ properties: { at: RECEIPT } })),
    'drops without saying why': answering((outcome) => (outcome.kind === 'dropped' ? { kind: 'dropped' } : outcome)),
    'writes down when it was asked': subjectOf(() => ({
      async transform({ events }) {
        const at = new Date().toISOString()
        return events.map((event) => ({ kind: 'changed', parts: { properties: { ...event.properties, at } } }))
      },
    })),
    'throws dice': adding(() => ({ properties: { sample: Math.random() } })),
    'changes again what it has changed': subjectOf(() => ({
      transform: async ({ events }) => events.map(({ name }) => ({ kind: 'changed', parts: { name: `${name}!` } })),
    })),
    'knows an event by those beside it': subjectOf(() => ({
      transform: async ({ events }) =>
        events.map((event, index) => (index === 0 ? tidyCity(event) : { kind: 'changed', parts: { properties: { place: index } } })),
    })),
    'counts over batches': subjectOf(() => {
      let seen = 0
      return {
        async transform({ events }) {
          return events.map(({ context }) => {
            seen += 1
            return typeof context.city === 'string' ? { kind: 'changed', parts: { properties: { seen } } } : { kind: 'kept' }
          })
        },
      }
    }),
    'falls over what people send': subjectOf(() => ({
      transform: async ({ events }) =>
        events.map((event) => {
          if (event.context.city === null) throw new TypeError('no city')
          return tidyCity(event)
        }),
    })),
    'takes every event for the same': answering((outcome) => (outcome.kind === 'kept' ? { ...outcome, reports: 'an order' } : outcome)),
    'reports something else each time': answering((outcome, { context }) =>
      outcome.kind === 'changed' ? { ...outcome, reports: `visit of ${context.city}` } : outcome,
    ),
    'reports without an end': answering((outcome) => (outcome.kind === 'changed' ? { ...outcome, reports: 'x'.repeat(513) } : outcome)),
    'makes something out of nothing': subjectOf(() => ({
      transform: async ({ events }) =>
        events.map((event) =>
          Object.keys(event.context).length === 0 ? { kind: 'failed', code: 'NO_CITY', message: 'where?' } : tidyCity(event),
        ),
    })),
  },
}
