import type { Json } from '@tenon/kernel/contracts'

/** One row of a source: cells by the names of their columns. */
export type Row = Readonly<Record<string, Json>>

/** What a reader found: a row, or what is left of one that it could not read. */
export type ReadRow =
  | { readonly ok: true; readonly row: Row }
  | { readonly ok: false; readonly code: string; readonly reason: string; readonly raw: string }
