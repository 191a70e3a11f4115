import type { LongCallContext, MatchRecords } from '@tenon/kernel/contracts'
import { LinkageMemory } from '../errors.ts'
import type { Field } from './field.ts'

/** The values of one field for all people: each different one once, people by their numbers. */
export interface Column {
  readonly values: readonly string[]
  /** How many people have each value. */
  readonly counts: Int32Array
  /** `people + 1` offsets into `ids`. */
  readonly starts: Int32Array
  readonly ids: Int32Array
}

/** All people of a workspace, in canonical form, by index. */
export interface People {
  readonly profiles: Float64Array
  readonly columns: readonly Column[]
}

/** About what a short text costs beside its characters, with its entry in a map. */
const TEXT_BYTES = 100
/** What a person costs for each field beside its values: mostly its keys in blocks, of which there are about three a field. */
const PERSON_BYTES = 64
/** Of values of one field and person, those beyond are left out: nobody has so many. */
const MOST_VALUES = 20
const CHECK_EVERY = 10_000

/** Reads everybody once. Fails with `TENON_LINKAGE_MEMORY` before it holds more than it may. */
export async function readPeople(records: MatchRecords, fields: readonly Field[], context: LongCallContext): Promise<People> {
  const profiles: number[] = []
  const columns = fields.map(columnBuilder)
  const check = (): void => {
    const neededBytes = columns.reduce((sum, column) => sum + column.bytes(), profiles.length * fields.length * PERSON_BYTES)
    const { memoryBytes: allowedBytes } = context
    if (neededBytes > allowedBytes) throw LinkageMemory.create({ people: profiles.length, neededBytes, allowedBytes })
  }
  for await (const page of records.read(context)) {
    context.signal.throwIfAborted()
    for (const { profile, values } of page) {
      profiles.push(profile)
      for (const column of columns) column.add(Object.hasOwn(values, column.key) ? (values[column.key] ?? []) : [])
      if (profiles.length % CHECK_EVERY === 0) check()
    }
  }
  context.signal.throwIfAborted()
  check()
  return { profiles: Float64Array.from(profiles), columns: columns.map((column) => column.done()) }
}

function columnBuilder({ key, comparison }: Field) {
  const indexes = new Map<string, number>()
  const counts: number[] = []
  const ids: number[] = []
  const starts = [0]
  let characters = 0
  const indexOf = (value: string): number => {
    const known = indexes.get(value)
    if (known !== undefined) return known
    characters += value.length
    indexes.set(value, indexes.size)
    return counts.push(0) - 1
  }
  return {
    key,
    add(values: readonly string[]): void {
      const own = new Set(values.slice(0, MOST_VALUES).flatMap((value) => comparison.canonical(value) ?? []))
      for (const value of own) {
        const index = indexOf(value)
        counts[index] = (counts[index] ?? 0) + 1
        ids.push(index)
      }
      starts.push(ids.length)
    },
    bytes: (): number => indexes.size * TEXT_BYTES + characters * 2 + (ids.length + starts.length) * 8,
    done: (): Column => ({
      values: [...indexes.keys()],
      counts: Int32Array.from(counts),
      starts: Int32Array.from(starts),
      ids: Int32Array.from(ids),
    }),
  }
}
