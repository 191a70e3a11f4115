import { parseArgs } from 'node:util'
import type { CommandContext } from './command.ts'
import { CliUsage } from './errors.ts'

export interface EditionArguments {
  readonly edition: string
  readonly json: boolean
}

/** Reads `[edition] [--json]`; `TENON_EDITION` names the edition when the arguments do not. Throws `TENON_CLI_USAGE`. */
export function readEditionArguments({ args, env, defaultEdition }: CommandContext): EditionArguments {
  const { values, positionals } = parse(args)
  const [edition, extra] = positionals
  if (extra !== undefined) throw CliUsage.create({ problem: `there is one edition at a time, not also '${extra}'` })
  return { edition: edition ?? env.TENON_EDITION ?? defaultEdition, json: values.json }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean', default: false } } })
  } catch (error) {
    throw CliUsage.create({ problem: error instanceof Error ? error.message : String(error) })
  }
}
