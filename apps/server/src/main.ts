import { errorCode } from '@tenon/kernel'
import { banner } from './banner.ts'
import { createLogger } from './logger.ts'
import { loadSample, type SampleReport } from './sample.ts'
import { serve } from './serve.ts'
import { readSettings } from './settings.ts'

const clock = { now: () => new Date() }

async function main(): Promise<void> {
  const settings = readSettings(process.env, process.argv.slice(2), process.cwd())
  const logger = createLogger(settings.logLevel)
  const say = (line: string) => process.stdout.write(`${line}\n`)
  say(`Tenon starts the ${settings.edition} edition; data in ${settings.dataDir}`)

  const signals = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal means: now.
      if (signals.signal.aborted) process.exit(130)
      signals.abort(signal)
    })
  }

  const server = await serve(settings, { env: process.env, cwd: process.cwd(), clock, logger })
  const { writeKey, apiKey } = server.keys
  let sample: SampleReport | undefined
  if (settings.sample && server.isNew && server.edition === 'retail' && writeKey !== undefined && apiKey !== undefined) {
    sample = await loadSample({ address: server.address, writeKey, apiKey, clock, out: process.stdout, signal: signals.signal })
  }
  if (!signals.signal.aborted) say(banner(server, sample))

  await new Promise<void>((resolve) => {
    if (signals.signal.aborted) resolve()
    signals.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  say(`\n${String(signals.signal.reason)}: finishing what is in hand`)
  await server.stop()
  say('stopped')
}

try {
  await main()
} catch (error) {
  const isKnown = errorCode(error) !== undefined
  process.stderr.write(
    isKnown && error instanceof Error
      ? `tenon: ${error.message} (${errorCode(error)})\n`
      : `tenon: ${error instanceof Error ? error.stack : String(error)}\n`,
  )
  process.exitCode = 1
}
