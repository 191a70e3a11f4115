import { Engine } from './engine.ts'
import type { EngineProcessOptions, FromEngine, ToEngine } from './engine-messages.ts'
import { HttpFront } from './http-front.ts'
import { Spool } from './spool.ts'

/*
 * The process of the ClickHouse engine. Its options, the password among them, come over the channel to its parent:
 * arguments and environment can be read by others. When the channel ends, so does the process.
 */
const send = (message: FromEngine): void => {
  process.send?.(message)
}

let running: { readonly engine: Engine; readonly front: HttpFront } | undefined

async function start(options: EngineProcessOptions): Promise<void> {
  const spool = await Spool.open(options.spool, options.maxInsertBytes)
  const engine = await Engine.open(options)
  const { user, password, port, maxQueryBytes, maxFieldBytes, maxWholeResultBytes } = options
  const front = await HttpFront.listen({
    engine,
    spool,
    credentials: { user, password },
    port,
    maxQueryBytes,
    maxFieldBytes,
    maxWholeResultBytes,
  })
  running = { engine, front }
  send({ kind: 'listening', port: front.port })
}

async function stop(graceMs: number): Promise<void> {
  await running?.front.close(graceMs)
  await running?.engine.close()
  // An exit would wait for threads that the engine may still hold.
  endNow()
}

/** Nothing that was acknowledged is lost by an end in the midst of work, and nothing can hold this end up. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL')
}

process.on('message', (message: ToEngine) => {
  if (message.kind === 'start') {
    start(message.options).catch((error: unknown) => {
      send({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
    })
  }
  if (message.kind === 'stop') stop(message.graceMs).catch(endNow)
})

function endSoon(): void {
  const graceMs = 500
  setTimeout(endNow, 3 * graceMs)
  if (running === undefined) endNow()
  else running.front.close(graceMs).then(endNow, endNow)
}

process.on('disconnect', endSoon)
// Whoever started us may have gone before we listened; what he told us comes all the same.
if (!process.connected) endNow()
