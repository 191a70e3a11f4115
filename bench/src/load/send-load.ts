import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { FromLoad, LoadOrder, LoadReport, ToLoad } from './load-messages.ts'

/** A load that a process of its own sends. */
export interface Load {
  /** Events that were acknowledged so far. */
  readonly acknowledged: number
  readonly report: Promise<LoadReport>
  /** Sends nothing new; the report comes once everything underway is answered. */
  finish(): Promise<LoadReport>
  /** Ends it at once. */
  cancel(): void
}

export function sendLoad(order: LoadOrder): Load {
  const child = fork(join(import.meta.dirname, 'load-main.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // As JSON a latency without an end would be none.
    serialization: 'advanced',
  })
  let acknowledged = 0
  const report = new Promise<LoadReport>((resolve, reject) => {
    child.on('message', (message: FromLoad) => {
      if (message.kind === 'report') resolve(message.report)
      else acknowledged += message.events
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)))
  })
  report.catch(() => undefined)
  const tell = (message: ToLoad): void => void child.send(message)
  tell({ kind: 'start', order })
  return {
    get acknowledged() {
      return acknowledged
    },
    report,
    finish() {
      tell({ kind: 'finish' })
      return report
    },
    cancel: () => void child.kill('SIGKILL'),
  }
}
