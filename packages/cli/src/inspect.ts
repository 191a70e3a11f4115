import { type Inspection, startKernel } from '@tenon/kernel/runtime'
import type { Command, CommandContext } from './command.ts'
import { readEditionArguments } from './edition-argument.ts'
import { printInspection } from './inspection-report.ts'

/** `tenon inspect`: starts an edition without ports and jobs, prints its plugins with times and health, and stops it. */
export const inspect: Command = {
  summary: 'start an edition and print its plugins with times and health',
  usage: '[edition] [--json]',
  run: inspectCommand,
}

async function inspectCommand(context: CommandContext): Promise<number> {
  const { edition, json } = readEditionArguments(context)
  const inspection = await inspectEdition(edition, context)
  context.out(json ? `${JSON.stringify(inspection)}\n` : printInspection(inspection))
  return inspection.instances.some(({ health }) => health.status === 'down') ? 1 : 0
}

async function inspectEdition(from: string, { env, loadHost, findEdition, err }: CommandContext): Promise<Inspection> {
  const edition = await findEdition(from)
  const { needs, open } = await loadHost()
  const logger = { info: () => {}, warn: (message: string) => err(`${message}\n`), error: (message: string) => err(`${message}\n`) }
  const host = await open({ env, logger })
  try {
    const { core, clock, migrate } = host
    // Role `api`: what is mounted is not served here, and jobs do not run.
    await using kernel = await startKernel(edition, {
      role: 'api',
      core,
      needs,
      env,
      clock,
      logger,
      ...(migrate === undefined ? {} : { migrate }),
    })
    return await kernel.inspect()
  } finally {
    await host.close()
  }
}
