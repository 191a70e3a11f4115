import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckContext } from './checks/check-context.ts'
import { checkCoupon } from './checks/check-coupon.ts'
import { checkMessage } from './checks/check-message.ts'
import { checkObjection } from './checks/check-objection.ts'
import { checkProfile } from './checks/check-profile.ts'
import { checkPublished } from './checks/check-published.ts'
import { checkRecommendations } from './checks/check-recommendations.ts'
import { checkRepeated } from './checks/check-repeated.ts'
import { checkRestart } from './checks/check-restart.ts'
import { checkRfm } from './checks/check-rfm.ts'
import { checkSegments } from './checks/check-segments.ts'
import { checkTotals } from './checks/check-totals.ts'
import { choosePeople } from './checks/choose-people.ts'
import { createFigures } from './figures/figures.ts'
import { printFigures } from './figures/print-figures.ts'
import { importShop } from './import-shop.ts'
import { openMailbox } from './platform/open-mailbox.ts'
import { startServer } from './platform/start-server.ts'
import { createTenonApi } from './platform/tenon-api.ts'
import { openReference } from './reference/open-reference.ts'

export interface RunResult {
  readonly acceptance: 'online-retail'
  readonly lines: number
  readonly seconds: number
  readonly lines_per_s: number
  readonly checks: number
  readonly failed: number
}

/** So many messages are sent a second time. */
const repeated = 2_000

/** Imports the shop through the public API of a server of its own and compares every figure with SQL over the file. */
export async function onlineRetailRun(options: {
  readonly file: string
  /** Only the first lines; all of them where absent. */
  readonly limit?: number
  readonly say: (line: string) => void
}): Promise<RunResult> {
  const { file, limit = Number.MAX_SAFE_INTEGER, say } = options
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1_000
  const tell = (line: string) => say(`${seconds().toFixed(1).padStart(6)} s  ${line}`)
  const dir = await mkdtemp(join(tmpdir(), 'tenon-acceptance-'))
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(dir, { recursive: true, force: true }))

  const reference = undo.adopt(await openReference({ file, limit, dir: join(dir, 'reference') }), (opened) => opened.close())
  const mailbox = undo.adopt(await openMailbox(), (opened) => opened.close())
  tell('SQL has read the file')
  const keys = { writeKey: secret(), apiKey: secret() }
  const settings = { dataDir: join(dir, 'tenon'), smtpPort: mailbox.port, ...keys }
  const server = await startServer(settings)
  undo.defer(async () => void (await server.interrupt()))
  tell(`server at ${server.address}`)

  const figures = createFigures()
  const api = createTenonApi({ address: server.address, ...keys })
  if (options.limit === undefined) await checkPublished({ reference, figures })
  const { lines, messages, linesPerSecond } = await importShop({ api, reference, figures }, { file, limit, tell })
  const context: CheckContext = { api, reference, figures, mailbox, people: await choosePeople(reference) }
  const checks: Readonly<Record<string, (given: CheckContext) => Promise<void>>> = {
    totals: checkTotals,
    profile: checkProfile,
    RFM: checkRfm,
    segments: checkSegments,
    recommendations: checkRecommendations,
    coupon: checkCoupon,
    message: checkMessage,
    objection: checkObjection,
    repetition: (given) => checkRepeated(given, messages.slice(0, repeated)),
    restart: (given) => checkRestart(given, { server, settings }),
  }
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(context)
    } catch (error) {
      figures.contract(`${name}: checked to the end`, error instanceof Error ? error.message : String(error), true)
    }
    tell(`${name} checked`)
  }

  const all = figures.all()
  for (const line of printFigures(all)) say(line)
  return {
    acceptance: 'online-retail',
    lines,
    seconds: Math.round(seconds() * 10) / 10,
    lines_per_s: linesPerSecond,
    checks: all.length,
    failed: all.filter(({ equal }) => !equal).length,
  }
}

const secret = (): string => randomBytes(24).toString('base64url')
