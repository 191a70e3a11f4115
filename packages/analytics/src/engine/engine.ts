import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { type Meter, noMeter } from '@tenon/kernel/contracts'
import { metered } from '../metrics.ts'
import { failure } from './failure.ts'
import { inFields, inText, isLong } from './large-params.ts'
import { type Limits, limitSettings, MOST_TEXT } from './limits.ts'
import { insertRetries, type RetryPolicy, readRetries, retrying } from './retry.ts'
import { wholeResult } from './whole-result.ts'

/** What a parameter of a query may be. */
export type ParamValue = string | number | boolean | readonly string[] | readonly number[]

/** The engine as this package sees it. It knows no workspace: only the schema, the writer and `WorkspaceQuery` hold one. */
export interface Engine {
  readonly database: string
  /** Pages of rows as they come. A query is tried again only while nothing of its answer was read. */
  query<Row>(request: {
    readonly operation: string
    readonly sql: string
    readonly params: Readonly<Record<string, ParamValue>>
    readonly limits: Limits
    readonly signal?: AbortSignal | undefined
  }): AsyncIterable<readonly Row[]>
  /** Rows as tab-separated text, as `insert` takes them, in pieces of any length. */
  lines(request: {
    readonly operation: string
    readonly sql: string
    readonly params: Readonly<Record<string, ParamValue>>
    readonly limits: Limits
    readonly signal?: AbortSignal | undefined
  }): AsyncIterable<Uint8Array>
  /** Rows as tab-separated text. The same token with the same rows is stored once, also after a failure that nobody saw the end of. */
  insert(request: {
    readonly table: string
    readonly columns: readonly string[]
    /** Called again for each attempt. */
    readonly body: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>
    readonly token: string
    readonly signal?: AbortSignal | undefined
  }): Promise<void>
  /** A statement that may be repeated, and answers nothing: DDL. */
  command(request: {
    readonly operation: string
    readonly sql: string
    readonly params?: Readonly<Record<string, ParamValue>>
  }): Promise<void>
  health(): Promise<{ readonly ok: boolean; readonly detail?: string }>
  close(): Promise<void>
}

export interface EngineOptions {
  /** `http://user:password@host:port/database`. */
  readonly clickhouseUrl: string
  readonly maxConnections?: number
  readonly insertRetries?: RetryPolicy
  readonly readRetries?: RetryPolicy
  readonly meter?: Meter
}

/** One insert is one block of the engine: what a token covers is stored as a whole or not at all. */
const INSERT_SETTINGS = Object.freeze({
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  min_insert_block_size_rows: '1048576',
  min_insert_block_size_bytes: '0',
  max_insert_block_size: '1048576',
  date_time_input_format: 'basic',
} as const)

/** Longer than the longest query: what takes long is cut by the engine's own limit first. */
const REQUEST_TIMEOUT_MS = 930_000

export function openEngine(options: EngineOptions): Engine {
  const client: ClickHouseClient = createClient({
    url: options.clickhouseUrl,
    application: 'tenon',
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: options.maxConnections ?? 10,
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
  })
  const reads = options.readRetries ?? readRetries
  const timed = metered(options.meter ?? noMeter)
  const inserts = options.insertRetries ?? insertRetries

  async function* query<Row>(request: Parameters<Engine['query']>[0]): AsyncGenerator<readonly Row[]> {
    const { operation, signal } = request
    // The text is a field of a form as well where parameters are.
    const inForm = !isLong(request)
    const { sql, params } = inForm ? inFields(request) : inText(request)
    const result = await timed({ operation, policy: reads, signal }, () =>
      client.query({
        query: sql,
        format: 'JSONEachRow',
        query_params: { ...params },
        use_multipart_params_auto: inForm,
        clickhouse_settings: limitSettings(request.limits),
        ...(signal === undefined ? {} : { abort_signal: signal }),
      }),
    )
    const abort = (): void => result.close()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      for await (const rows of result.stream<Row>()) {
        signal?.throwIfAborted()
        yield rows.map((row) => row.json())
      }
      signal?.throwIfAborted()
    } catch (error) {
      signal?.throwIfAborted()
      throw failure(operation, 1, error)
    } finally {
      signal?.removeEventListener('abort', abort)
      result.close()
    }
  }

  async function* lines(request: Parameters<Engine['lines']>[0]): AsyncGenerator<Uint8Array> {
    const { operation, limits, signal } = request
    const { sql, params } = inText(request)
    const { stream, response_headers } = await retrying({ operation, policy: reads, signal }, () =>
      client.exec({
        query: `${sql}\nFORMAT TabSeparated`,
        query_params: { ...params },
        clickhouse_settings: limitSettings(limits),
        ...(signal === undefined ? {} : { abort_signal: signal }),
      }),
    )
    const abort = (): void => void stream.destroy(new Error('nobody waits for it any more'))
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const tag = response_headers['x-clickhouse-exception-tag']
      yield* wholeResult(stream, typeof tag === 'string' ? tag : undefined)
    } catch (error) {
      signal?.throwIfAborted()
      throw failure(operation, 1, error)
    } finally {
      signal?.removeEventListener('abort', abort)
      stream.destroy()
    }
  }

  return Object.freeze({
    database: new URL(options.clickhouseUrl).pathname.slice(1) || 'default',
    query,
    lines,
    async insert({ table, columns, body, token, signal }: Parameters<Engine['insert']>[0]): Promise<void> {
      const [first, ...others] = columns
      if (first === undefined) return
      await timed({ operation: `insert into ${table}`, policy: inserts, signal }, () =>
        client.insert({
          table,
          columns: [first, ...others],
          values: Readable.from(body(), { objectMode: false }),
          format: 'TabSeparated',
          clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: token },
          ...(signal === undefined ? {} : { abort_signal: signal }),
        }),
      )
    },
    async command({ operation, sql: asked, params: given = {} }: Parameters<Engine['command']>[0]): Promise<void> {
      const { sql, params } = inText({ sql: asked, params: given })
      await timed({ operation, policy: inserts, signal: undefined }, () =>
        client.command({
          query: sql,
          query_params: { ...params },
          clickhouse_settings: { wait_end_of_query: 1, max_query_size: MOST_TEXT },
        }),
      )
    },
    health: async () => {
      const ping = await client.ping({ select: true })
      return ping.success ? { ok: true } : { ok: false, detail: ping.error.message }
    },
    close: () => client.close(),
  })
}
