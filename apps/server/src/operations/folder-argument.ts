import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CliUsage, type CommandContext } from '@tenon/cli'

/** Reads `<folder>`. Throws `TENON_CLI_USAGE`. */
export function readFolder({ args, cwd }: Pick<CommandContext, 'args' | 'cwd'>): { readonly folder: string } {
  const [folder, extra] = positionalsOf(args)
  if (folder === undefined || folder === '') throw CliUsage.create({ problem: 'name a folder' })
  if (extra !== undefined) throw CliUsage.create({ problem: `there is one folder at a time, not also '${extra}'` })
  return { folder: resolve(cwd, folder) }
}

function positionalsOf(args: readonly string[]): readonly string[] {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: {} }).positionals
  } catch (cause) {
    throw CliUsage.create({ problem: cause instanceof Error ? cause.message : String(cause) }, cause)
  }
}
