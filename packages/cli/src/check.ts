import { checkEdition, EditionUnreadable, formatProblem } from '@tenon/kernel/runtime'
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

async function problemsOf(
  from: string,
  { env, loadHost, findEdition }: CommandContext,
): Promise<{ readonly name: string; readonly problems: readonly string[] }> {
  try {
    const edition = await findEdition(from)
    const host = await loadHost()
    const core = new Map(host.core.map((capability) => [capability, undefined]))
    const problems = await checkEdition(edition, { core, needs: host.needs, env, ...(host.canMigrate ? { migrate: true } : {}) })
    return { name: edition.name, problems: problems.map(formatProblem) }
  } catch (error) {
    if (EditionUnreadable.is(error)) return { name: from, problems: error.details.problems }
    throw error
  }
}
