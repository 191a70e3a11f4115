import type { Ruling, Rulings } from '@tenon/store'

/** What is known of the events of a batch when it is opened, by place. */
export interface RulingsOfBatch {
  /** By what the batch goes. */
  readonly all: ReadonlyMap<string, Ruling>
  /** Those that no earlier opening has written down. */
  readonly more: Rulings
}

/**
 * What was ruled first stands, whatever plugins say by now: it decides which events have claimed their message ids. An event that passed
 * when its batch was opened first and is stopped now is ruled upon late: it may be in the engine already.
 */
export function rulingsOver(now: ReadonlyMap<string, Ruling>, standing: Rulings | undefined): RulingsOfBatch {
  if (standing === undefined) return { all: now, more: Object.fromEntries(now) }
  const first = new Map(Object.entries(standing))
  const more = [...now].flatMap(([place, ruling]) => (first.has(place) ? [] : [[place, lateOf(ruling)] as const]))
  return { all: new Map([...first, ...more]), more: Object.fromEntries(more) }
}

export const lateOf = (ruling: Ruling): Ruling => ({ ...ruling, late: true })

/** Whether an event claims its message id: what goes no further without having been seen can be sent again under it. */
export const claims = (ruling: Ruling | undefined): boolean => ruling === undefined || ruling.late === true || ruling.stage === 'identity'
