import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { skipReason } from '../machine/skip-reason.ts'

/** A NATS server with JetStream on 127.0.0.1, of which nothing outlives `close`. */
export interface NatsServer {
  readonly url: string
  /** As a power switch does. */
  kill(): Promise<void>
  /** Again, on the same port and the same folder. */
  start(): Promise<void>
  /** Stops it and removes its folder. */
  close(): Promise<void>
}

const START_LIMIT_MS = 20_000
/** Debian puts servers where only root looks. */
const FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin']

/** The program `nats-server` of this machine, or undefined where there is none. */
export function findNatsServer(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...FOLDERS].filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, 'nats-server')).find(isProgram)
}

/** Why a suite that needs one is skipped on this machine; undefined where it runs. */
export const natsSkipReason = (suite: string): string | undefined =>
  skipReason({ suite, found: findNatsServer(), reason: 'this machine has no nats-server' })

/** Starts a NATS server of this machine's own. Ask `findNatsServer` first whether there is one. */
export async function startNatsServer(): Promise<NatsServer> {
  const program = findNatsServer()
  if (program === undefined) throw new Error('this machine has no nats-server')
  const folder = await mkdtemp(join(tmpdir(), 'tenon-nats-'))
  const port = await freePort()
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const own = spawn(program ?? '', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder, '-l', join(folder, 'server.log')], {
      stdio: 'ignore',
    })
    child = own
    for (let waited = 0; waited < START_LIMIT_MS; waited += 20) {
      if (own.exitCode !== null) throw new Error(`nats-server ended with ${own.exitCode}`)
      if (await answers(port)) return
      await delay(20)
    }
    throw new Error('nats-server did not answer in time')
  }
  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  const onExit = (): void => void child?.kill('SIGKILL')
  process.once('exit', onExit)
  await start()
  return {
    url: `nats://127.0.0.1:${port}`,
    kill,
    start,
    async close() {
      process.off('exit', onExit)
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'data')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  if (typeof bound !== 'object' || bound === null) throw new Error('no port is free')
  return bound.port
}
