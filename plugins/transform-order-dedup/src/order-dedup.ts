import { hash } from 'node:crypto'
import type { CustomerEvent, Json, Transformation, TransformOutcome } from '@tenon/kernel/contracts'
import type { OrderDedupConfig } from './config.ts'

type Occurrence = OrderDedupConfig['occurrences'][number]

const KEPT = Object.freeze({ kind: 'kept' } as const)
const LONGEST = 512

/** Says of which occurrence of which order an event is a report; ingest keeps the first. An event without a number is left alone. */
export function orderDedup({ occurrences, sources, after }: OrderDedupConfig): Transformation {
  const byEvent = new Map(occurrences.flatMap((occurrence) => occurrence.events.map((event) => [event, occurrence] as const)))
  const believed = sources === undefined ? undefined : new Set(sources)
  const judge = ({ type, name, source, properties }: CustomerEvent): TransformOutcome => {
    // A page may have the name of an event.
    const occurrence = type === 'track' && believed?.has(source) !== false ? byEvent.get(name) : undefined
    const reports = occurrence === undefined ? undefined : reportOf(occurrence, properties)
    return reports === undefined ? KEPT : { ...KEPT, reports }
  }
  return {
    label: { en: 'Orders once', zh: '订单去重' },
    after,
    transform: async ({ events }) => events.map(judge),
  }
}

function reportOf({ as, id, within }: Occurrence, properties: CustomerEvent['properties']): string | undefined {
  const number = id.map((key) => textOf(own(properties, key))).find((text) => text !== undefined)
  const place = within.map((key) => textOf(own(properties, key)))
  if (number === undefined || !place.every((text) => text !== undefined)) return undefined
  // As JSON, so that no two lists of parts are one text.
  const report = `${as} ${JSON.stringify([number, ...place])}`
  return report.length <= LONGEST ? report : `${as} ${hash('sha256', report, 'hex')}`
}

const own = (properties: CustomerEvent['properties'], key: string): Json | undefined =>
  Object.hasOwn(properties, key) ? properties[key] : undefined

/** Systems write 17, "17" and " 17 " of the same order. */
function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return text === '' ? undefined : text
}
