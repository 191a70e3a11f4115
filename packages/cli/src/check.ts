import type { Edition } from '@tenon/kernel'
import { checkEdition, EditionUnreadable, formatProblem, type Problem, type ProblemKind } from '@tenon/kernel/runtime'
import type { Command, CommandContext } from './command.ts'
import { readEditionArguments } from './edition-argument.ts'

/** `tenon check`: every problem of an edition at once, without starting anything. */
export const check: Command = {
  summary: 'print everything that keeps an edition from starting',
  usage: '[edition] [--json]',
  run: checkCommand,
}

async function checkCommand(context: CommandContext): Promise<number> {
  const { edition, json } = readEditionArguments(context)
  const { name, problems } = await problemsOf(edition, context)
  if (json) context.out(`${JSON.stringify({ edition: name, problems })}\n`)
  else if (problems.length === 0) context.out(`${name}: no problems\n`)
  else
    context.out(
      `${name}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n${problems.map((line) => `  - ${line}\n`).join('')}`,
    )
  return problems.length === 0 ? 0 : 1
}

async function problemsOf(from: string, context: CommandContext): Promise<{ readonly name: string; readonly problems: readonly string[] }> {
  try {
    const edition = await context.findEdition(from)
    return { name: edition.name, problems: (await examine(edition, context)).map(formatProblem) }
  } catch (error) {
    if (!EditionUnreadable.is(error)) throw error
    const { problems, readable } = error.details
    const others = readable === undefined ? [] : await examine(readable, context)
    return { name: from, problems: [...problems, ...others.filter(({ kind }) => !BETWEEN.has(kind)).map(formatProblem)] }
  }
}

/** Between plugins: nobody knows what those that could not be read provide. */
const BETWEEN: ReadonlySet<ProblemKind> = new Set<ProblemKind>(['need', 'choose', 'cycle'])

async function examine(edition: Edition, { env, loadHost }: CommandContext): Promise<readonly Problem[]> {
  const host = await loadHost()
  const core = new Map(host.core.map((capability) => [capability, undefined]))
  return checkEdition(edition, { core, needs: host.needs, env, ...(host.canMigrate ? { migrate: true } : {}) })
}
