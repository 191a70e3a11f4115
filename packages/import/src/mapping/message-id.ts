import { hash } from 'node:crypto'
import type { Json } from '@tenon/kernel/contracts'
import { textOf } from './convert.ts'
import type { Row } from './row.ts'

/**
 * The same for the same content under the same import key, whenever and wherever it is read: 160 bits of a sha-256. Empty cells do not
 * count, nor does the order of columns, so that a file with one more column that nobody fills brings the same rows.
 */
export function rowId(importKey: string, cells: Readonly<Record<string, Json>>): string {
  const filled = Object.keys(cells)
    .filter((name) => cells[name] !== null && cells[name] !== '')
    .sort()
    .map((name) => [name, textOf(cells[name] ?? null)])
  return digest([importKey, ...filled])
}

/** Of rows that named columns tell apart; undefined where one of them is empty. */
export function keyId(importKey: string, columns: readonly string[], row: Row): string | undefined {
  const values = columns.map((name) => (Object.hasOwn(row, name) ? row[name] : undefined))
  if (values.some((value) => value === undefined || value === null || value === '')) return undefined
  return digest([importKey, 'key', ...values.map((value) => textOf(value ?? null))])
}

/** Of what could not be read as a row. */
export const rawId = (importKey: string, raw: string): string => digest([importKey, 'raw', raw])

const digest = (parts: readonly unknown[]): string => `import-${hash('sha256', JSON.stringify(parts), 'hex').slice(0, 40)}`
