import { errorCode } from '@tenon/kernel'
import type { CommandContext, Commands } from './command.ts'
import { CliUsage } from './errors.ts'

/** The exit code of a command line that was not understood. */
const MISUSED = 2

/** Finds the command and runs it; answers the exit code. Never throws. */
export async function runCli(argv: readonly string[], commands: Commands, surroundings: Omit<CommandContext, 'args'>): Promise<number> {
  const [name, ...args] = argv
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (name === undefined || name === '--help' || name === 'help') {
    surroundings.out(usage(commands))
    return 0
  }
  if (command === undefined) {
    surroundings.err(`there is no command '${name}'\n\n${usage(commands)}`)
    return MISUSED
  }
  if (args.includes('--help')) {
    surroundings.out(`tenon ${name} ${command.usage}\n\n${command.summary}\n`)
    return 0
  }
  try {
    return await command.run({ ...surroundings, args })
  } catch (error) {
    surroundings.err(`${explain(error)}\n`)
    return CliUsage.is(error) ? MISUSED : 1
  }
}

function usage(commands: Commands): string {
  const lines = Object.entries(commands).map(([name, { usage: after, summary }]) => ({ call: `${name} ${after}`.trim(), summary }))
  const width = Math.max(...lines.map(({ call }) => call.length))
  return `usage: tenon <command>\n\n${lines.map(({ call, summary }) => `  ${call.padEnd(width)}  ${summary}\n`).join('')}`
}

/** Coded errors explain themselves; of anything else the stack is wanted. */
function explain(error: unknown): string {
  const code = errorCode(error)
  if (code !== undefined && error instanceof Error) return `${code}: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
