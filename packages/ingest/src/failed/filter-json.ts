import type { FailedEventState, FailedEventsFilter } from '@tenon/analytics'
import type { Properties } from '@tenon/kernel/contracts'

const TEXTS = ['state', 'stage', 'code', 'source', 'event', 'text'] as const
const TIMES = ['from', 'until'] as const

/** A filter as it is written down. */
export const filterJson = (filter: FailedEventsFilter): Properties =>
  Object.fromEntries(
    Object.entries(filter).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value instanceof Date ? value.toISOString() : String(value)]],
    ),
  )

export function filterOf(json: Properties): FailedEventsFilter {
  const texts = TEXTS.flatMap((key) => (typeof json[key] === 'string' ? [[key, json[key]] as const] : []))
  const times = TIMES.flatMap((key) => (typeof json[key] === 'string' ? [[key, new Date(json[key])] as const] : []))
  const { state, ...rest } = Object.fromEntries(texts)
  return { ...rest, ...Object.fromEntries(times), ...(state === undefined ? {} : { state: state as FailedEventState }) }
}
