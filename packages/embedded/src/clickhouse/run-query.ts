import type { Engine } from './engine.ts'
import { isJoinable } from './formats.ts'
import { inlineParameters } from './inline-parameters.ts'
import { type InsertStatement, insertFromFile, parseInsert } from './insert-statement.ts'
import type { QueryRequest } from './query-request.ts'
import type { Spool, Spooled } from './spool.ts'
import { parseStatement } from './statement.ts'

/** The answer to a query: the pieces of a result, then the counts. */
export interface QueryRun {
  readonly format: string
  readonly pieces: AsyncGenerator<Uint8Array, QuerySummary, undefined>
}

export interface QuerySummary {
  readonly readRows: number
  readonly readBytes: number
  readonly resultRows: number
  readonly writtenRows: number
  readonly writtenBytes: number
}

export interface QueryContext {
  readonly engine: Engine
  readonly spool: Spool
  /** Bound on results whose format can not be streamed. */
  readonly maxWholeResultBytes: number
  readonly signal: AbortSignal
}

/** @throws the errors of ClickHouse, before the first piece or between two. */
export function runQuery(request: QueryRequest, context: QueryContext): QueryRun {
  const insert = parseInsert(request.sql)
  return insert === undefined ? runStatement(request, context) : runInsert(request, insert, context)
}

function runStatement(request: QueryRequest, context: QueryContext): QueryRun {
  const statement = parseStatement(inlineParameters(request.sql, request.parameters))
  const format = statement.format ?? request.defaultFormat
  // Totals and extremes stand behind the last row: they need the whole result.
  const mode = isJoinable(format) && !request.wantsExtremes && !statement.hasTotals ? 'streamed' : 'whole'
  const bound = mode === 'whole' ? wholeResultBound(request.setup, context.maxWholeResultBytes) : []
  const task = { setup: [...bound, ...request.setup], sql: statement.sql, format: request.defaultFormat, mode } as const
  return { format, pieces: run() }

  async function* run(): AsyncGenerator<Uint8Array, QuerySummary, undefined> {
    const counts = yield* context.engine.run(task, request.queryId, context.signal)
    return { ...counts, writtenRows: 0, writtenBytes: 0 }
  }
}

const wholeResultBound = (setup: readonly string[], maxBytes: number): readonly string[] =>
  setup.some((statement) => statement.startsWith('SET max_result_bytes ')) ? [] : [`SET max_result_bytes = '${maxBytes}'`]

function runInsert(request: QueryRequest, insert: InsertStatement, context: QueryContext): QueryRun {
  const { engine, spool, signal } = context
  const target = inlineParameters(insert.target, request.parameters)
  return { format: insert.format, pieces: run() }

  async function* run(): AsyncGenerator<Uint8Array, QuerySummary, undefined> {
    const spooled = await spool.write(insert.format, joined(insert.inlineData, request.data))
    try {
      const sql = insertFromFile({ ...insert, target }, spooled.path)
      const task = { setup: request.setup, sql, format: 'TabSeparated', mode: 'own' } as const
      yield* engine.run(task, request.queryId, signal)
      const writtenRows = spooled.rows ?? (await countRows(spooled, insert.format))
      return { readRows: writtenRows, readBytes: spooled.bytes, resultRows: 0, writtenRows, writtenBytes: spooled.bytes }
    } finally {
      await spooled.remove()
    }
  }

  async function countRows(spooled: Spooled, format: string): Promise<number> {
    const sql = `SELECT count() FROM file('${spooled.path}', '${format}')`
    const pieces: Uint8Array[] = []
    try {
      for await (const piece of engine.run({ setup: [], sql, format: 'TabSeparated', mode: 'streamed' }, request.queryId, signal))
        pieces.push(piece)
    } catch {
      // The rows are stored; how many they were is only for the summary.
      return 0
    }
    return Number(Buffer.concat(pieces).toString('latin1'))
  }
}

/** Data that stood behind the statement comes before the data in the body. */
async function* joined(inline: string, data: AsyncIterable<Uint8Array> | undefined): AsyncGenerator<Uint8Array> {
  if (inline !== '') yield Buffer.from(inline, 'utf8')
  if (inline !== '' && data !== undefined) yield Buffer.from('\n')
  if (data !== undefined) yield* data
}
