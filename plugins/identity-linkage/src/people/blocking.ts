import type { BlockingRule } from '../config.ts'
import type { Field } from './field.ts'
import type { Column, People } from './people.ts'

/** The people of one rule by their keys, and the other way round. */
export interface Blocks {
  /** `people + 1` offsets into `keys`. */
  readonly starts: Int32Array
  readonly keys: Int32Array
  /** `blocks + 1` offsets into `members`. */
  readonly blockStarts: Int32Array
  readonly members: Int32Array
}

const START = 4
/** Of the keys of one person under one rule; those with many values of many fields have more. */
const MOST_KEYS = 16

/** Every field but short lists alone, and every two of which one is a name: by its sound in a pair. */
export function standardRules(fields: readonly Field[]): readonly BlockingRule[] {
  const part = (field: Field, by: 'value' | 'sound'): BlockingRule[number] => ({ field: field.key, by })
  const long = fields.filter(({ kind }) => kind !== 'category')
  const alone = long.map((field) => [part(field, 'value')])
  const pairs = fields.flatMap((left, index) =>
    fields
      .slice(index + 1)
      .filter((right) => left.kind === 'name' || right.kind === 'name')
      .map((right) => [left, right].map((field) => part(field, field.kind === 'name' ? 'sound' : 'value'))),
  )
  return [...alone, ...pairs]
}

export function blocksOf(people: People, fields: readonly Field[], rule: BlockingRule): Blocks {
  const parts = rule.flatMap(({ field, by }) => {
    const index = fields.findIndex((known) => known.key === field)
    const [known, column] = [fields[index], people.columns[index]]
    return known === undefined || column === undefined ? [] : [{ column, classes: classesOf(column, known, by) }]
  })
  const indexes = new Map<string, number>()
  const keys: number[] = []
  const starts = new Int32Array(people.profiles.length + 1)
  for (let person = 0; person < people.profiles.length; person += 1) {
    for (const key of keysOf(parts, person)) {
      const index = indexes.get(key) ?? indexes.size
      indexes.set(key, index)
      keys.push(index)
    }
    starts[person + 1] = keys.length
  }
  return { starts, keys: Int32Array.from(keys), ...membersOf(starts, keys, indexes.size) }
}

/** For each value of a column what stands for it in keys: itself, or those that sound or begin the same. */
function classesOf(column: Column, { comparison }: Field, by: BlockingRule[number]['by']): Int32Array {
  const standFor = by === 'start' ? (value: string) => value.slice(0, START) : by === 'sound' ? comparison.sound : undefined
  if (standFor === undefined) return Int32Array.from(column.values.keys())
  const indexes = new Map<string, number>()
  return Int32Array.from(column.values, (value) => {
    const sound = standFor(value)
    const index = indexes.get(sound) ?? indexes.size
    indexes.set(sound, index)
    return index
  })
}

function keysOf(parts: readonly { readonly column: Column; readonly classes: Int32Array }[], person: number): ReadonlySet<string> {
  let keys: readonly string[] = ['']
  for (const { column, classes } of parts) {
    const own = column.ids.subarray(column.starts[person], column.starts[person + 1])
    keys = keys.flatMap((key) => Array.from(own, (id) => `${key} ${classes[id] ?? 0}`)).slice(0, MOST_KEYS)
  }
  return new Set(keys)
}

function membersOf(starts: Int32Array, keys: readonly number[], blocks: number): Pick<Blocks, 'blockStarts' | 'members'> {
  const blockStarts = new Int32Array(blocks + 1)
  for (const key of keys) blockStarts[key + 1] = (blockStarts[key + 1] ?? 0) + 1
  for (let block = 0; block < blocks; block += 1) blockStarts[block + 1] = (blockStarts[block + 1] ?? 0) + (blockStarts[block] ?? 0)
  const next = blockStarts.slice()
  const members = new Int32Array(keys.length)
  for (let person = 0; person + 1 < starts.length; person += 1) {
    for (let at = starts[person] ?? 0; at < (starts[person + 1] ?? 0); at += 1) {
      const key = keys[at] ?? 0
      const place = next[key] ?? 0
      members[place] = person
      next[key] = place + 1
    }
  }
  return { blockStarts, members }
}
