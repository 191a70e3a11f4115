import { parentPort, workerData } from 'node:worker_threads'
import { Session } from 'chdb'
import type { EngineConfig, EngineCounts, EngineTask, FromThread, ToThread } from './engine-protocol.ts'
import { isKeyword, isSignificant, sqlTokens } from './sql-tokens.ts'

/*
 * One thread runs one statement at a time. The engine plans a statement, and runs its scalar subqueries, before it
 * hands out the first piece, and blocks the calling thread meanwhile: so that is never the thread that serves HTTP.
 */
const { path, args } = workerData as EngineConfig
const port = parentPort
if (port === null) throw new Error('engine-thread-main is the entry of a worker thread')

const send = (message: FromThread): void => port.postMessage(message)
const explain = 'EXPLAIN AST '

let kept: { readonly session: Session; readonly key: string } | undefined
let wake: (() => void) | undefined
let cancelled = false

port.on('message', (message: ToThread) => {
  if (message.kind === 'run') void runTask(message.task)
  if (message.kind === 'cancel') cancelled = true
  if (message.kind !== 'run') wake?.()
})

async function runTask(task: EngineTask): Promise<void> {
  cancelled = false
  const key = task.setup.join(';')
  try {
    const session = await prepare(task, key)
    const counts = await execute(session, task)
    if (leavesNoTrace(task)) kept = { session, key }
    else session.close()
    send({ kind: 'done', counts })
  } catch (error) {
    send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

/** Settings stay in a session: it serves again only a task that wants exactly the same ones. */
async function prepare(task: EngineTask, key: string): Promise<Session> {
  const previous = kept
  kept = undefined
  if (previous?.key === key) return previous.session
  previous?.session.close()
  const session = new Session(path, { connectionArgs: args })
  try {
    for (const statement of task.setup) await session.queryAsync(statement)
    return session
  } catch (error) {
    session.close()
    throw error
  }
}

async function execute(session: Session, task: EngineTask): Promise<EngineCounts> {
  try {
    return await executeIn(session, task)
  } catch (error) {
    session.close()
    throw error
  }
}

async function executeIn(session: Session, task: EngineTask): Promise<EngineCounts> {
  if (task.mode === 'streamed') {
    const stream = openStream(session, task)
    if (stream !== undefined) return forward(stream)
  }
  if (task.mode === 'whole') refuseSeveralStatements(session, task.sql)
  const result = await session.queryAsync(task.sql, { format: task.format })
  if (task.mode !== 'own') await sendPiece(result.bytes())
  return { readRows: result.rowsRead, readBytes: result.bytesRead, resultRows: 0 }
}

type ResultStream = ReturnType<Session['queryStream']>

/** Undefined when the statement has no rows to stream; the engine has then checked that it is one statement. */
function openStream(session: Session, task: EngineTask): ResultStream | undefined {
  try {
    return session.queryStream(task.sql, { format: task.format })
  } catch (error) {
    if (isNotStreamable(error)) return undefined
    throw error
  }
}

/**
 * The call that returns a whole result runs a list of statements, the call that streams refuses one. It also refuses
 * every EXPLAIN, yet only after it parsed it: so this runs nothing and lets the engine's own parser judge.
 */
function refuseSeveralStatements(session: Session, sql: string): void {
  try {
    session.queryStream(explain + sql).cancel()
  } catch (error) {
    if (!isNotStreamable(error)) throw withoutPrefix(error)
  }
}

const isNotStreamable = (error: unknown): boolean => error instanceof Error && error.message.includes('Streaming query is not supported')

function withoutPrefix(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  return new Error(
    error.message.replace(/failed at position (\d+)/, (_, at: string) => `failed at position ${Number(at) - explain.length}`),
  )
}

async function forward(stream: ResultStream): Promise<EngineCounts> {
  let resultRows = 0
  for await (const piece of stream) {
    resultRows += piece.numRows
    await sendPiece(piece.raw())
    if (cancelled) throw new Error('Code: 394. DB::Exception: Query was cancelled. (QUERY_WAS_CANCELLED)')
  }
  return { readRows: 0, readBytes: 0, resultRows }
}

/** The next piece is made when this one was taken: a slow reader slows the engine down. */
async function sendPiece(bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return
  const taken = new Promise<void>((resolve) => {
    wake = resolve
  })
  // The bytes lie in the engine's memory, which can not be handed to another thread.
  const copy = new Uint8Array(bytes)
  port?.postMessage({ kind: 'piece', bytes: copy } satisfies FromThread, [copy.buffer])
  await taken
  wake = undefined
}

/** SET, USE and temporary tables live on in a session. */
function leavesNoTrace(task: EngineTask): boolean {
  for (const token of sqlTokens(task.sql)) {
    if (isSignificant(token)) return isKeyword(token, 'SELECT') || isKeyword(token, 'WITH') || isKeyword(token, 'INSERT')
  }
  return false
}

send({ kind: 'ready' })
