import { INSTANT_PATTERN, type PathStep } from '@tenon/kernel/contracts'
import type { Scan } from './scan.ts'

/**
 * Values as JSON text: what is a text begins with a quote, a list with a bracket, and so on; missing is empty. A document is
 * searched once for each path, and types are told by the first character.
 */

export const isKnown = (json: string): string => `(${json} != '' AND ${json} != 'null')`

export const isText = (json: string): string => `startsWith(${json}, '"')`

export const textOf = (json: string): string => `JSONExtractString(${json})`

/** Null where it is no number. */
export const numberOf = (json: string): string => `toFloat64OrNull(${json})`

/** A text, a number or a truth value. */
export const isScalar = (json: string): string => `(${isKnown(json)} AND NOT startsWith(${json}, '[') AND NOT startsWith(${json}, '{'))`

/** Null where it is no date. The day must exist: the engine would count on into the next month. */
export function dateOf(json: string, scan: Scan): string {
  const day = `substring(${textOf(json)}, 1, 10)`
  const written = `match(${textOf(json)}, ${scan.bind('String', INSTANT_PATTERN)}) AND toString(toDate32OrNull(${day})) = ${day}`
  return `if(${isText(json)} AND ${written}, toTimeZone(parseDateTime64BestEffortOrNull(${textOf(json)}, 3, ${scan.zoneSql}), 'UTC'), NULL)`
}

/** What a path leads to: one JSON text, or an array of them where it goes through lists. */
export interface Leaves {
  readonly many: boolean
  readonly sql: string
}

/** Follows the steps from a JSON text. `look` is how the keys up to the first list are looked up. */
export function follow(steps: readonly PathStep[], scan: Scan, look: (keys: readonly PathStep[]) => string): Leaves {
  const [first, ...rest] = runs(steps)
  if (first === undefined) return { many: false, sql: look([]) }
  const start = look(first)
  if (first.at(-1)?.each !== true) return { many: false, sql: start }
  const elements = rest.reduce((sql, run) => {
    const inner = `JSONExtractRaw(x, ${scan.keys(run)})`
    return run.at(-1)?.each === true
      ? `arrayFlatten(arrayMap(x -> JSONExtractArrayRaw(${inner}), ${sql}))`
      : `arrayMap(x -> ${inner}, ${sql})`
  }, `JSONExtractArrayRaw(${start})`)
  return { many: true, sql: elements }
}

/** Steps up to and with each list: one lookup each. */
function runs(steps: readonly PathStep[]): readonly (readonly PathStep[])[] {
  const all: PathStep[][] = []
  let open: PathStep[] = []
  for (const step of steps) {
    open.push(step)
    if (step.each || step === steps.at(-1)) {
      all.push(open)
      open = []
    }
  }
  return all
}

/** The JSON text under keys of another one. */
export const inside = (json: string, keys: readonly PathStep[], scan: Scan): string =>
  keys.length === 0 ? json : `JSONExtractRaw(${json}, ${scan.keys(keys)})`

/** Every leaf of which a condition holds, as an array. */
export const filtered = ({ many, sql }: Leaves, condition: (json: string) => string): string =>
  many ? `arrayFilter(x -> ${condition('x')}, ${sql})` : `if(${condition(sql)}, [${sql}], [])`
