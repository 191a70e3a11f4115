import { createClient } from '@clickhouse/client'
import { startClickHouse } from '@tenon/embedded'
import { createLines, createOrders } from './tables.ts'

type Parameters = Readonly<Record<string, string | number | readonly string[]>>

/** The file in an engine of its own. It shares nothing with the import: the engine unpacks and reads the file itself. */
export interface Reference {
  rows<Row>(sql: string, parameters?: Parameters): Promise<readonly Row[]>
  /** The one row of a query that has one. */
  row<Row>(sql: string, parameters?: Parameters): Promise<Row>
  close(): Promise<void>
}

export async function openReference(options: { readonly file: string; readonly limit: number; readonly dir: string }): Promise<Reference> {
  const server = await startClickHouse({ dir: options.dir })
  const client = createClient({ url: server.url })
  const rows = async <Row>(sql: string, parameters: Parameters = {}): Promise<readonly Row[]> => {
    const result = await client.query({ query: sql, query_params: parameters, format: 'JSONEachRow' })
    return result.json<Row>()
  }
  // One thread reads the lines in the order of the file, so that the first ones are the same for everybody; blanks at the ends are kept.
  const inOrder = { max_threads: 1, input_format_parallel_parsing: 0, input_format_csv_trim_whitespaces: 0 } as const
  await client.command({
    query: createLines,
    query_params: { file: options.file, limit: options.limit },
    clickhouse_settings: inOrder,
  })
  await client.command({ query: createOrders })
  return {
    rows,
    async row<Row>(sql: string, parameters?: Parameters) {
      const [only] = await rows<Row>(sql, parameters)
      if (only === undefined) throw new Error(`no row: ${sql}`)
      return only
    },
    async close() {
      await client.close()
      await server.stop()
    },
  }
}
