/** Where the database runs: one server, or a cluster by its name in the engine's configuration. */
export type Topology = { readonly kind: 'single' } | { readonly kind: 'cluster'; readonly cluster: string }

/** One table, from which the statements for every topology are made. */
export interface Table {
  readonly name: string
  /** Name, type and the rest of the definition, in their order. */
  readonly columns: readonly (readonly [name: string, definition: string])[]
  readonly indexes?: readonly string[]
  /** Keeps the row with the highest of this column of rows with the same `orderBy`. */
  readonly replacing?: string
  readonly orderBy: readonly string[]
  readonly partitionBy?: string
  readonly settings: Readonly<Record<string, string | number>>
  /** How many inserts back a repeated token is recognised. */
  readonly tokens: number
  /** On a cluster: spread by this expression, or a full copy on every node (what every node joins with). */
  readonly placement: { readonly spreadBy: string } | 'everywhere'
}

/** The statements that create the table. Each may be repeated. */
export function createTable(table: Table, topology: Topology): readonly string[] {
  if (topology.kind === 'single') return [render(table, table.name, '', engine(table, 'single'))]
  const on = onCluster(topology)
  if (table.placement === 'everywhere') return [render(table, table.name, on, engine(table, 'everywhere'))]
  const local = localName(table, topology)
  const distributed = `Distributed(${quoted(topology.cluster)}, currentDatabase(), ${local}, ${table.placement.spreadBy})`
  return [
    render(table, local, on, engine(table, 'spread')),
    `CREATE TABLE IF NOT EXISTS ${table.name}${on} AS ${local}\nENGINE = ${distributed}`,
  ]
}

/** The statements that add a column to a table that exists, wherever its rows are. Each may be repeated. */
export function addColumn(table: Table, [name, definition]: Table['columns'][number], topology: Topology): readonly string[] {
  const add = (target: string): string => `ALTER TABLE ${target}${onCluster(topology)} ADD COLUMN IF NOT EXISTS ${name} ${definition}`
  return topology.kind === 'single' || table.placement === 'everywhere'
    ? [add(table.name)]
    : [add(localName(table, topology)), add(table.name)]
}

/** The statements that add columns and put them at the end of the sorting key; what is there already has their zero. Each may be repeated. */
export function extendKey(table: Table, columns: Table['columns'], topology: Topology): readonly string[] {
  const adds = columns.map(([name, definition]) => `ADD COLUMN IF NOT EXISTS ${name} ${definition}`)
  const key = [...table.orderBy, ...columns.map(([name]) => name)].join(', ')
  const local = localName(table, topology)
  const alter = (target: string, changes: readonly string[]): string => `ALTER TABLE ${target}${onCluster(topology)} ${changes.join(', ')}`
  return [alter(local, [...adds, `MODIFY ORDER BY (${key})`]), ...(local === table.name ? [] : [alter(table.name, adds)])]
}

/** The statements that add an index and build it for the rows that are there. Each may be repeated. */
export function addIndex(table: Table, name: string, definition: string, topology: Topology): readonly string[] {
  const alter = `ALTER TABLE ${localName(table, topology)}${onCluster(topology)}`
  return [`${alter} ADD INDEX IF NOT EXISTS ${name} ${definition}`, `${alter} MATERIALIZE INDEX ${name}`]
}

/** The statements that add a projection and build it for the rows that are there. Each may be repeated. */
export function addProjection(table: Table, name: string, select: string, topology: Topology): readonly string[] {
  const alter = `ALTER TABLE ${localName(table, topology)}${onCluster(topology)}`
  return [`${alter} ADD PROJECTION IF NOT EXISTS ${name} (${select})`, `${alter} MATERIALIZE PROJECTION ${name}`]
}

/** The table that holds the rows: what a mutation names. */
export const localName = (table: Pick<Table, 'name' | 'placement'>, topology: Topology): string =>
  topology.kind === 'single' || table.placement === 'everywhere' ? table.name : `${table.name}_local`

/** What follows a name in DDL so that it happens on every node. */
export const onCluster = (topology: Topology): string => (topology.kind === 'single' ? '' : ` ON CLUSTER ${quoted(topology.cluster)}`)

type Copies = 'single' | 'everywhere' | 'spread'

/** The path in the coordinator without a shard means that all nodes are copies of one another. */
function engine(table: Table, copies: Copies): string {
  const family = table.replacing === undefined ? 'MergeTree' : 'ReplacingMergeTree'
  const version = table.replacing === undefined ? [] : [table.replacing]
  if (copies === 'single') return `${family}${version.length === 0 ? '' : `(${version.join(', ')})`}`
  const path = copies === 'everywhere' ? "'/clickhouse/tables/all/{database}/{table}'" : "'/clickhouse/tables/{shard}/{database}/{table}'"
  const replica = copies === 'everywhere' ? "'{shard}-{replica}'" : "'{replica}'"
  return `Replicated${family}(${[path, replica, ...version].join(', ')})`
}

function render(table: Table, name: string, on: string, engineText: string): string {
  const window = engineText.startsWith('Replicated') ? 'replicated_deduplication_window' : 'non_replicated_deduplication_window'
  const settings = Object.entries({ ...table.settings, [window]: table.tokens })
  const body = [...table.columns.map(([column, definition]) => `${column} ${definition}`), ...(table.indexes ?? [])]
  return [
    `CREATE TABLE IF NOT EXISTS ${name}${on} (`,
    body.map((line) => `  ${line}`).join(',\n'),
    ')',
    `ENGINE = ${engineText}`,
    ...(table.partitionBy === undefined ? [] : [`PARTITION BY ${table.partitionBy}`]),
    `ORDER BY (${table.orderBy.join(', ')})`,
    `SETTINGS ${settings.map(([setting, value]) => `${setting} = ${typeof value === 'number' ? value : quoted(value)}`).join(', ')}`,
  ].join('\n')
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
