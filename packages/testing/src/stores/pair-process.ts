import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StorePair } from './store-pair.ts'

/** Beside this file, in the sources and where they are built. */
const MAIN = import.meta.url.endsWith('.ts') ? './pair-main.ts' : './pair-main.js'

export type Addresses = Pick<StorePair, 'databaseUrl' | 'clickhouseUrl'>

/**
 * Starts the pair in a child process: vitest's own process resolves packages without the condition that leads to their
 * sources. The child ends with its channel, so that a killed run leaves nothing behind.
 */
export async function startPairProcess(): Promise<StorePair> {
  const child = fork(fileURLToPath(new URL(MAIN, import.meta.url)), {
    execArgv: ['--conditions=@tenon/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A Ctrl-C in the terminal goes to the whole group; the pair must outlive the workers that still use it.
    detached: true,
  })
  const exited = once(child, 'exit')
  const [message]: unknown[] = await Promise.race([once(child, 'message'), exited.then(() => [{ failed: 'the process ended' }])])
  if (!isAddresses(message)) throw new Error(`the embedded stores did not start: ${failureOf(message)}`)
  return {
    ...message,
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

export const isAddresses = (value: unknown): value is Addresses =>
  typeof value === 'object' &&
  value !== null &&
  'databaseUrl' in value &&
  typeof value.databaseUrl === 'string' &&
  'clickhouseUrl' in value &&
  typeof value.clickhouseUrl === 'string'

const failureOf = (message: unknown): string =>
  typeof message === 'object' && message !== null && 'failed' in message ? String(message.failed) : 'no address'
