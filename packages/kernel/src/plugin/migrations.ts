/** Forward-only steps, applied in the order of their numbers and checksummed: an applied step never changes. */
export interface MigrationSet<Db> {
  /** Imported, not discovered from a folder: bundlers and tests see the same list. */
  readonly steps: Readonly<
    Record<`${number}_${string}`, { readonly sql: string } | { readonly up: (db: Db) => Promise<void>; readonly checksum: string }>
  >
}

/**
 * A plugin that keeps state of its own brings migrations and needs `core.postgres/1` or `core.clickhouse/1`.
 * They run in a schema (Postgres) or database (ClickHouse) that belongs to the instance alone.
 */
export interface Migrations {
  readonly postgres?: MigrationSet<unknown>
  readonly clickhouse?: MigrationSet<unknown>
}
