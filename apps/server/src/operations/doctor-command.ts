import { parseArgs } from 'node:util'
import { CliUsage, type Command } from '@tenon/cli'
import { diagnose, type Finding, worst } from '@tenon/operations'
import { askControl } from '../control/ask-control.ts'
import { createLogger } from '../log/create-logger.ts'
import { readSettings } from '../settings.ts'
import { openStores } from '../stores.ts'
import { examineStopped } from './examine.ts'

/** By the worst finding: `ok` and notes, warnings, critical ones. */
const EXIT = Object.freeze({ ok: 0, note: 0, warning: 1, critical: 2 })

/** `tenon doctor`: what is slow, full or stuck, of a server that runs or one that is stopped. */
export const doctorCommand: Command = {
  summary: 'say what is slow, full or stuck, and what to do about it',
  usage: '[--json]',
  async run({ args, env, cwd, out }) {
    const { json } = readOptions(args)
    const settings = readSettings(env, [], cwd)
    const asked = await askControl(settings.dataDir, { path: 'doctor' })
    const findings = asked.running ? (asked.result as readonly Told[]) : await lookAtStopped()
    const verdict = worst(findings)
    out(json ? `${JSON.stringify({ running: asked.running, worst: verdict, findings })}\n` : table(findings, asked.running))
    return EXIT[verdict]

    async function lookAtStopped(): Promise<readonly Finding[]> {
      const clock = { now: () => new Date() }
      const stores = await openStores(settings, { clock, logger: createLogger(settings.logLevel) })
      try {
        return await diagnose(examineStopped(settings, stores, clock))
      } finally {
        await stores.close()
      }
    }
  },
}

/** A finding as it is told between processes: an instant is a text there. */
type Told = Omit<Finding, 'since'> & { readonly since?: Date | string }

function readOptions(args: readonly string[]): { readonly json: boolean } {
  try {
    const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } })
    return { json: values.json }
  } catch (cause) {
    throw CliUsage.create({ problem: cause instanceof Error ? cause.message : String(cause) }, cause)
  }
}

const SIGNS = Object.freeze({ ok: '●', note: '◦', warning: '▲', critical: '■' })

function table(findings: readonly Told[], isRunning: boolean): string {
  const [parts, whats] = [(finding: Told) => finding.part, (finding: Told) => finding.what].map((column) =>
    Math.max(...findings.map((finding) => column(finding).length)),
  )
  const lines = findings.flatMap(({ part, what, severity, found, since, advice }) => [
    `${SIGNS[severity]} ${part.padEnd(parts ?? 0)}  ${what.padEnd(whats ?? 0)}  ${found}${severity === 'ok' ? '' : sinceOf(since)}`,
    ...(advice === undefined ? [] : [`  ${' '.repeat((parts ?? 0) + (whats ?? 0) + 4)}→ ${advice}`]),
  ])
  return `${isRunning ? 'the server runs' : 'no server runs on this folder'}\n${lines.join('\n')}\n`
}

const sinceOf = (since: Date | string | undefined): string => (since === undefined ? '' : ` (since ${new Date(since).toISOString()})`)
