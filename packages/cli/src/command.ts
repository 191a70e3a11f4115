import type { Edition } from '@tenon/kernel'
import type { Host } from './host.ts'

/** What a command may touch: nothing of the process directly, so that tests own all of it. */
export interface CommandContext {
  /** Arguments after the name of the command. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The edition that is meant where nothing names one. */
  readonly defaultEdition: string
  /** Finds an edition by name, path or package. */
  readonly findEdition: (from: string) => Promise<Edition>
  /** Loads what stands behind `core.*`; only commands that start or check an edition do. */
  readonly loadHost: () => Promise<Host>
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** One word after `tenon`. A command that is not asked for is not even loaded. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** What comes after the name: `<edition> [--json]`. */
  readonly usage: string
  /** Loads and runs it; answers the exit code. Errors that are not caught are printed with their code, and exit with 1. */
  run(context: CommandContext): Promise<number>
}

export type Commands = Readonly<Record<string, Command>>
