import { randomUUID } from 'node:crypto'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { startClickHouse } from '@tenon/embedded'
import { type Json, parseJson } from '@tenon/kernel/contracts'

export interface ReaderQuery {
  readonly sql: string
  readonly params?: Readonly<Record<string, string | number>>
  readonly settings?: Readonly<Record<string, string | number>>
  /** Of all rows, as they come; beyond it the query ends with an error. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * An engine of its own for what strangers wrote: it holds nothing, has little memory, and when a file brings it down, it alone is
 * down. What it reads comes in pieces; whoever does not ask for the next piece holds it up.
 */
export interface Reader {
  /** Rows as arrays of cells, in pieces. Rejects with what the engine said. */
  rows(query: ReaderQuery): AsyncIterable<readonly (readonly Json[])[]>
  /** A name by which the engine reads a file, free of what it takes for a pattern. */
  link(path: string): Promise<string>
  /** A name for a file that the engine writes. */
  scratch(): string
  close(): Promise<void>
}

const SETTINGS = Object.freeze({
  // Rows come in the order of the file, or nobody could go on where another one stopped.
  max_threads: 1,
  max_parsing_threads: 1,
  input_format_parallel_parsing: 0,
  input_format_parquet_preserve_order: 1,
  input_format_parquet_filter_push_down: 0,
  max_block_size: '4096',
  max_insert_block_size: '4096',
  input_format_max_block_size_bytes: String(16 * 1024 * 1024),
  input_format_parquet_max_block_size: '4096',
  input_format_parquet_prefer_block_bytes: String(8 * 1024 * 1024),
  // A table of 10,000 columns is a long statement.
  max_query_size: String(4 * 1024 * 1024),
  max_ast_elements: '200000',
  max_expanded_ast_elements: '500000',
  max_http_get_redirects: '0',
  s3_max_redirects: '0',
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 1,
  output_format_json_named_tuples_as_objects: 1,
})

/** What a query that brings more than `maxBytes` ends with. */
export const TOO_MUCH = 'more came than was allowed'

const HOUR_MS = 3_600_000

/** Starts the engine below `dir`, which is removed with it. */
export async function openReader(options: { readonly dir: string; readonly memoryBytes?: number }): Promise<Reader> {
  const { dir, memoryBytes = 768 * 1024 * 1024 } = options
  // Never another engine than this one: a table of 10,000 columns is a long parameter too.
  const engine = await startClickHouse({ dir, memoryBytes, maxConcurrentQueries: 2, maxFieldBytes: 4 * 1024 * 1024, stopGraceMs: 1_000 })
  const client = createClient({
    url: engine.url,
    request_timeout: 24 * HOUR_MS,
    max_open_connections: 4,
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
  })

  async function* rows({
    sql,
    params = {},
    settings = {},
    maxBytes = Number.POSITIVE_INFINITY,
    signal,
  }: ReaderQuery): AsyncGenerator<readonly (readonly Json[])[]> {
    const result = await client.query({
      query: sql,
      format: 'JSONCompactEachRow',
      query_params: { ...params },
      clickhouse_settings: { ...SETTINGS, ...settings },
      ...(signal === undefined ? {} : { abort_signal: signal }),
    })
    const abort = (): void => result.close()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      let bytes = 0
      for await (const piece of result.stream()) {
        for (const { text } of piece) bytes += text.length
        if (bytes > maxBytes) throw new RangeError(TOO_MUCH)
        yield piece.map(({ text }) => cellsOf(text))
      }
      signal?.throwIfAborted()
    } finally {
      signal?.removeEventListener('abort', abort)
      result.close()
    }
  }

  return Object.freeze({
    rows,
    async link(path: string) {
      const name = `${randomUUID()}.link`
      await symlink(path, join(dir, 'spool', name))
      return name
    },
    scratch: () => `${randomUUID()}.scratch`,
    async close() {
      await client.close()
      await engine.stop()
      await rm(dir, { recursive: true, force: true })
    },
  })
}

/** Whole numbers that JavaScript can not hold are texts: identifiers of other systems must not change by being read. */
export function cellsOf(text: string): readonly Json[] {
  return parseJson<readonly Json[]>(exactNumbers(text))
}

export const exactNumbers = (text: string): string => (LONG_NUMBER.test(text) ? text.replaceAll(STRING_OR_NUMBER, quoteUnsafe) : text)

const LONG_NUMBER = /\d{16}/
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

const quoteUnsafe = (token: string): string => (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token)
