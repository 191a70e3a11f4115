import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '@tenon/cli'

const MAIN = join(import.meta.dirname, '../../../bench/src/main.ts')

/** `tenon bench`: the figures that the project claims, each measured on this machine. In a process of its own, as `npm run bench` has it. */
export const benchCommand: Command = {
  summary: 'measure what the project claims, on this machine; without a name, say what there is',
  usage: '[<name>] [--smoke]',
  async run({ args, cwd, err }) {
    if (!existsSync(MAIN)) {
      err('benches are part of the source tree, and this is not one\n')
      return 1
    }
    const [code] = await once(spawn(process.execPath, [...process.execArgv, MAIN, ...args], { cwd, stdio: 'inherit' }), 'exit')
    return typeof code === 'number' ? code : 1
  },
}
