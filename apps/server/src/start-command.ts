import type { Command } from '@tenon/cli'
import { keyLines, tryLines } from './banner.ts'
import { boundHeap } from './bound-heap.ts'
import { createLogger } from './log/create-logger.ts'
import { misspeltSettings } from './misspelt-settings.ts'
import { ensureSample } from './sample.ts'
import { serve } from './serve.ts'
import { readSettings } from './settings.ts'
import { stopSignal } from './stop-signal.ts'

const clock = { now: () => new Date() }

/** `tenon start`: serves until SIGINT or SIGTERM, then finishes what is in hand. */
export const startCommand: Command = {
  summary: 'serve an edition; TENON_EDITION, TENON_DATA, PORT and others say how',
  usage: '[--no-sample]',
  async run({ args, env, cwd, out }) {
    boundHeap()
    const settings = readSettings(env, args, cwd)
    const logger = createLogger(settings.logLevel)
    const say = (line: string) => out(`${line}\n`)
    say(`Tenon starts the ${settings.edition} edition; data in ${settings.dataDir}`)
    for (const { name, meant } of misspeltSettings(env)) say(`${name} is no setting; did you mean ${meant}?`)

    const { signal, exitCode } = stopSignal(logger, clock.now)
    const server = await serve(settings, { env, cwd, clock, logger })
    // Before anything that takes time: who stops now has them all the same.
    say(keyLines(server.keys).join('\n'))
    const wanted = settings.sample && server.edition === 'retail'
    const sample = await ensureSample(server, { wanted, clock, out: process.stdout, signal })
    if (!signal.aborted) say(tryLines(server, sample).join('\n'))
    await fired(signal)
    say(`\n${String(signal.reason)}: finishing what is in hand`)
    await server.stop()
    say('stopped')
    return exitCode()
  },
}

const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
