/** Forward-only steps, applied in the order of their numbers and checksummed: an applied step never changes. */
export interface MigrationSet<Db> {
  /** Imported, not discovered from a folder: bundlers and tests see the same list. */
  readonly steps: Readonly<
    Record<`${number}_${string}`, { readonly sql: string } | { readonly up: (db: Db) => Promise<void>; readonly checksum: string }>
  >
}

/**
 * The schema of one plugin instance in Postgres: its tables are found by their bare names. Values are parameters (`$1`), never text.
 * It is not a fence: a plugin with this need can name tables of others, and a reviewer sees the need in its list.
 */
export interface PluginDatabase {
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
  /** All or nothing. */
  transaction<T>(run: (tx: PluginDatabase) => Promise<T>): Promise<T>
}

/**
 * A plugin that keeps state of its own brings migrations and needs `core.postgres`. They run before `setup`, in a schema that belongs to
 * the instance alone.
 */
export interface Migrations {
  readonly postgres?: MigrationSet<PluginDatabase>
}
