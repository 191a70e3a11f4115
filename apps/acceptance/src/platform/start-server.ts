import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface ServerSettings {
  readonly dataDir: string
  readonly smtpPort: number
  readonly writeKey: string
  readonly apiKey: string
}

export interface RunningServer {
  readonly address: string
  /** Sends SIGINT and resolves to the exit code; null where it had to be killed after a minute. */
  interrupt(): Promise<number | null>
}

const entry = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url))
const edition = fileURLToPath(new URL('../edition.ts', import.meta.url))
const minuteMs = 60_000

/** A server as an operator starts it, in a process of its own. */
export async function startServer({ dataDir, smtpPort, writeKey, apiKey }: ServerSettings): Promise<RunningServer> {
  const child = spawn(process.execPath, ['--conditions=@tenon/source', entry, '--no-sample'], {
    env: {
      ...process.env,
      TENON_DATA: dataDir,
      TENON_EDITION: edition,
      TENON_WRITE_KEY: writeKey,
      TENON_API_KEY: apiKey,
      TENON_SMTP_PORT: String(smtpPort),
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const killed = () => child.kill('SIGKILL')
  process.once('exit', killed)
  const address = await Promise.race([
    addressIn(createInterface({ input: child.stdout })),
    exited.then(([code]) => new Error(`the server ended with code ${code} before it was ready`)),
    pause(minuteMs, undefined, { ref: false }).then(() => new Error('the server was not ready within a minute')),
  ])
  if (typeof address !== 'string') {
    killed()
    throw address
  }
  return {
    address,
    async interrupt() {
      child.kill('SIGINT')
      await Promise.race([exited, pause(minuteMs, undefined, { ref: false }).then(killed)])
      await exited
      process.removeListener('exit', killed)
      return child.exitCode
    },
  }
}

/** Of what the server prints for people; the rest is read as well, so that it never waits for us. */
function addressIn(lines: AsyncIterable<string>): Promise<string> {
  return new Promise((resolve) => {
    const read = async () => {
      for await (const line of lines) {
        const address = /ready at (http:\/\/\S+)/.exec(line)?.[1]
        if (address !== undefined) resolve(address)
      }
    }
    void read()
  })
}
