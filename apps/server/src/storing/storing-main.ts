import { createStorer, type FromStoring, type Storer, type StoringPort, serveStorer, type ToStoring } from '@tenon/ingest'
import type { Logger } from '@tenon/kernel/contracts'
import { startKernel } from '@tenon/kernel/runtime'
import { createTrackingPlans } from '@tenon/plans'
import { createGate } from '@tenon/privacy'
import { EditionChanged, editionDigest, findEdition } from '../edition.ts'
import { errors } from '../errors.ts'
import { hostValues, migratePlugins, storingNeeds } from '../host.ts'
import { lateGate } from '../late-gate.ts'
import { type Fields, safeFields } from '../log/safe-fields.ts'
import { withoutAddresses } from '../log/without-addresses.ts'
import { orderOrStop } from '../order-or-stop.ts'
import { readSettings } from '../settings.ts'
import { openStores } from '../stores.ts'
import type { FromStoringProcess, Level } from './messages.ts'
import { createTally } from './tally.ts'

/*
 * The process that stores the local log of a server, and does nothing else. It lives as long as its channel to the server: whoever
 * kills the server kills it, too.
 */
const MEASURED_EVERY_MS = 1_000
const HEALTH_EVERY_MS = 5_000

process.once('disconnect', () => process.exit())
if (!process.connected) process.exit()
// Of a Ctrl-C in the terminal the server hears as well: it says when to leave.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined)
process.on('unhandledRejection', end)

const send = (message: FromStoringProcess): Promise<void> =>
  new Promise((resolve) => {
    if (!process.connected) resolve()
    else process.send?.(message, () => resolve())
  })
const titles = new Map(errors.map(({ code, title }) => [code, title]))
const line =
  (level: Level) =>
  (message: string, fields: Fields = {}): void =>
    void send({ kind: 'line', level, message: withoutAddresses(message), fields: safeFields(fields, titles) })
const logger: Logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
const port: StoringPort<ToStoring, FromStoring> = { send, onMessage: (listener) => void process.on('message', listener) }
const { env } = process
const clock = { now: () => new Date() }
const meter = createTally()

/** What the process holds to be true may be wrong: the next one begins anew. */
function end(error: unknown): void {
  const fields = safeFields({ error: error instanceof Error ? error : typeof error }, titles)
  const exit = (): never => process.exit(1)
  send({ kind: 'line', level: 'error', message: 'the process that stores events fails', fields }).then(exit, exit)
}

/** The storer, with what it needs of the edition; what closes it all again goes into `closing`. */
async function open(closing: (() => Promise<unknown>)[]): Promise<Storer> {
  const settings = readSettings(env, [], process.cwd())
  const { store, analytics, close } = await openStores(settings, { clock, logger, meter })
  closing.push(close)
  const doorkeeper = lateGate()
  const edition = await findEdition(settings.edition, process.cwd())
  if (editionDigest(edition) !== process.argv[2]) throw EditionChanged.create({ edition: edition.name })
  const kernel = await startKernel(edition, {
    ...{ role: 'worker', scope: 'needs', needs: storingNeeds, env, clock, logger },
    core: hostValues({ clock, logger, gate: doorkeeper, store }),
    migrate: migratePlugins(store),
    lease: async (job, run) => {
      await store.jobs.lease({ job, ttlMs: 60_000, run })
    },
  })
  closing.push(kernel.stop)
  const { identity, policies } = kernel.needs
  const transformations = await orderOrStop(kernel)
  const gate = createGate({ meter, store, policies, clock, logger })
  doorkeeper.open(gate)
  const plans = createTrackingPlans({ store, clock })
  const tellMeasured = (): Promise<void> =>
    send({ kind: 'measured', measurements: meter.take(), kernel: kernel.metrics(), rssBytes: process.memoryUsage.rss() })
  setInterval(tellMeasured, MEASURED_EVERY_MS).unref()
  setInterval(async () => send({ kind: 'health', health: await kernel.health() }), HEALTH_EVERY_MS).unref()
  const storer = createStorer({ store, analytics, gate, identity, plans, transformations, clock, logger, meter })
  return (at, ends, events) =>
    storer(at, ends, {
      ...events,
      // What was measured of a batch is known when the batch is.
      onStored(stored, position) {
        void tellMeasured()
        events.onStored(stored, position)
      },
    })
}

try {
  const closing: (() => Promise<unknown>)[] = []
  await serveStorer(port, { open: () => open(closing), logger })
  for (const close of closing.reverse()) await close()
  process.disconnect()
} catch (error) {
  end(error)
}
