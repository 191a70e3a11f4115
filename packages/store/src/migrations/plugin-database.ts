/**
 * The schema of one plugin instance: its tables are found by their bare names. Values are parameters (`$1`), never text.
 * It is not a fence: a plugin with this need can name tables of others, and a reviewer sees the need in its list.
 */
export interface PluginDatabase {
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
  /** All or nothing. */
  transaction<T>(run: (tx: PluginDatabase) => Promise<T>): Promise<T>
}
