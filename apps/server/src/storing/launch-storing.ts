import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { entryOptions, lowerPriority, siblingEntry } from '@tenon/embedded'
import type { StoringProcess, ToStoring } from '@tenon/ingest'
import type { Health, InstanceId } from '@tenon/kernel'
import type { Logger, Meter } from '@tenon/kernel/contracts'
import { addMetrics, type KernelMetrics } from '@tenon/kernel/runtime'
import type { FromStoringProcess, Measured } from './messages.ts'
import { addToMeter } from './tally.ts'

/** Starts processes that store, one after the other, and gathers what they measure. */
export interface StoringLauncher {
  launch(): StoringProcess
  /** Of the plugins that run there, over all processes that were started. */
  metrics(): KernelMetrics
  /** Of the plugins that run there, as it was heard last; empty where no process runs. */
  health(): Readonly<Record<InstanceId, Health>>
  /** Memory of the process that runs now; 0 where there is none. */
  rssBytes(): number
}

const NOTHING: KernelMetrics = Object.freeze({ calls: [], circuits: [] })
/** Behind those who answer: storing can wait, its log is there for that. */
const NICENESS = 10

/**
 * `env` names the stores and all that the edition reads; `digest` is of the edition that it must find. The process speaks through us alone:
 * what it logs comes out of `logger`, what it measures goes into `meter`.
 */
export function createStoringLauncher(options: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly digest: string
  readonly logger: Logger
  readonly meter: Meter
}): StoringLauncher {
  const { env, cwd, digest, logger, meter } = options
  let before = NOTHING
  let last: Measured | undefined
  let health: Readonly<Record<InstanceId, Health>> = {}

  return {
    metrics: () => addMetrics([before, last?.kernel ?? NOTHING]),
    health: () => health,
    rssBytes: () => last?.rssBytes ?? 0,
    launch() {
      const entry = siblingEntry(import.meta.url, 'storing-main')
      // Whoever profiles the server (`npm run bench -- ingest --profile`) wants to see what its other half does.
      const profiling = process.execArgv.filter((option) => option.startsWith('--cpu-prof'))
      const child = fork(fileURLToPath(entry), [digest], {
        execArgv: [...entryOptions(entry), ...profiling],
        env: { ...env },
        ...{ cwd, serialization: 'advanced' },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      const ended = new Promise<string>((resolve) => {
        let exit: string | undefined
        const settle = (reason: string): void => {
          exit ??= reason
          // Messages that came before the end are delivered before the channel says that it is closed.
          if (!child.connected) resolve(exit)
        }
        child.once('error', (error) => settle(error.message))
        child.once('exit', (code, signal) => settle(signal === null ? `exit code ${code}` : signal))
        child.once('disconnect', () => exit !== undefined && resolve(exit))
      })
      const unsent = new Set<() => void>()
      void ended.then(() => {
        for (const sent of unsent) sent()
        // What it counted stays; how it stood is over.
        before = { ...addMetrics([before, last?.kernel ?? NOTHING]), circuits: [] }
        last = undefined
        health = {}
      })
      return {
        ended,
        send: (message: ToStoring) =>
          new Promise<void>((resolve) => {
            if (!child.connected) return resolve()
            const sent = (): void => {
              unsent.delete(sent)
              resolve()
            }
            unsent.add(sent)
            child.send(message, sent)
          }),
        onMessage(listener) {
          child.on('message', (message: FromStoringProcess) => {
            if (message.kind === 'line') logger[message.level](message.message, message.fields)
            else if (message.kind === 'health') health = message.health
            else if (message.kind === 'measured') {
              last = message
              addToMeter(meter, message.measurements)
            } else {
              // It has started, and begins. Until then everybody waits for it.
              if (message.kind === 'position' && child.pid !== undefined) lowerPriority(child.pid, NICENESS)
              listener(message)
            }
          })
        },
        kill: () => void child.kill('SIGKILL'),
      }
    },
  }
}
