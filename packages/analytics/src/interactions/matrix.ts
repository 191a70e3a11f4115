import type { Interactions } from '@tenon/kernel/contracts'
import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import type { Fragment } from '../sources.ts'

type Matrix = Awaited<ReturnType<Interactions['matrix']>>

/** Profiles in the order of their ids, items in the order of theirs. The arrays lie in shared memory. */
export async function readMatrix(query: WorkspaceQuery, source: Fragment, signal: AbortSignal | undefined): Promise<Matrix> {
  const places = new Map<string, number>()
  const rows: number[] = [0]
  const profiles: number[] = []
  const columns = growing()
  const weights = growing()
  const pages = query.pages<{ profile: number; cells: readonly (readonly [item: string, weight: number])[] }>({
    operation: 'the matrix of people and items',
    sql: `SELECT profile, groupArray(tuple(item, weight)) AS cells
FROM (
  SELECT profile, item, toFloat32(sum(interactions.weight)) AS weight
  FROM ${source.sql} AS interactions
  GROUP BY profile, item
)
GROUP BY profile
ORDER BY profile`,
    params: source.params,
    limits: batch,
    signal,
  })
  for await (const page of pages) {
    for (const { profile, cells } of page) {
      profiles.push(profile)
      for (const [item, weight] of cells) {
        columns.push(placeOf(places, item))
        weights.push(weight)
      }
      rows.push(columns.length())
    }
  }
  return inOrderOfItems({ places, rows, profiles, columns: columns.values(), weights: weights.values() })
}

function placeOf(places: Map<string, number>, item: string): number {
  const known = places.get(item)
  if (known !== undefined) return known
  places.set(item, places.size)
  return places.size - 1
}

/** Numbers items by their ids and not by who met them first, and orders each row. */
function inOrderOfItems(read: {
  readonly places: ReadonlyMap<string, number>
  readonly rows: readonly number[]
  readonly profiles: readonly number[]
  readonly columns: Float64Array
  readonly weights: Float64Array
}): Matrix {
  const items = [...read.places.keys()].sort()
  const renumbered = new Int32Array(items.length)
  items.forEach((item, place) => {
    renumbered[read.places.get(item) ?? 0] = place
  })
  const size = read.columns.length
  const matrix = {
    rows: new Int32Array(new SharedArrayBuffer(read.rows.length * Int32Array.BYTES_PER_ELEMENT)),
    columns: new Int32Array(new SharedArrayBuffer(size * Int32Array.BYTES_PER_ELEMENT)),
    weights: new Float32Array(new SharedArrayBuffer(size * Float32Array.BYTES_PER_ELEMENT)),
    profiles: new Float64Array(new SharedArrayBuffer(read.profiles.length * Float64Array.BYTES_PER_ELEMENT)),
    items: Object.freeze(items),
  }
  matrix.rows.set(read.rows)
  matrix.profiles.set(read.profiles)
  for (let row = 0; row < read.profiles.length; row++) {
    const from = read.rows[row] ?? 0
    const cells = Array.from({ length: (read.rows[row + 1] ?? from) - from }, (_, index) => ({
      column: renumbered[read.columns[from + index] ?? 0] ?? 0,
      weight: read.weights[from + index] ?? 0,
    })).sort((left, right) => left.column - right.column)
    cells.forEach(({ column, weight }, index) => {
      matrix.columns[from + index] = column
      matrix.weights[from + index] = weight
    })
  }
  return Object.freeze(matrix)
}

/** Numbers in one growing block: a matrix can be larger than an array of the language should be. */
function growing() {
  let block = new Float64Array(1024)
  let used = 0
  return {
    push: (value: number): void => {
      if (used === block.length) {
        const larger = new Float64Array(block.length * 2)
        larger.set(block)
        block = larger
      }
      block[used++] = value
    },
    length: (): number => used,
    values: (): Float64Array => block.subarray(0, used),
  }
}
