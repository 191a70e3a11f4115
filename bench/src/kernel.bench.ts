import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Edition } from '@tenon/kernel'
import { startKernel } from '@tenon/kernel/runtime'
import type { Bench } from './bench.ts'
import { editionSource, pluginSource } from './kernel-edition.ts'

const BENCH = join(import.meta.dirname, '..')

/** What a large edition costs: the start of all plugins, and the compiler's look at it. */
export const bench: Bench = {
  summary: 'start and type-check an edition of 150 plugins that need each other',
  async run({ smoke, log }) {
    const plugins = smoke ? 10 : 150
    const folder = await mkdtemp(join(tmpdir(), 'tenon-bench-kernel-'))
    try {
      await writeEdition(folder, plugins)
      const { edition }: { edition: Edition } = await import(pathToFileURL(join(folder, 'edition.ts')).href)
      const starts: number[] = []
      for (let round = 0; round < (smoke ? 1 : 5); round += 1) starts.push(await timed(() => startOnce(edition)))
      log(`starts: ${starts.map((ms) => ms.toFixed(1)).join(', ')} ms`)
      const typecheckMs = await timed(() => typeCheck(folder))
      const [first = 0] = starts
      return [
        { bench: 'kernel', plugins, start_ms: round(first), warm_start_ms: round(Math.min(...starts)), typecheck_ms: round(typecheckMs) },
      ]
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function writeEdition(folder: string, plugins: number): Promise<void> {
  await mkdir(join(folder, 'plugins'))
  await symlink(join(BENCH, 'node_modules'), join(folder, 'node_modules'))
  const tsconfig = {
    extends: join(BENCH, '../tsconfig.base.json'),
    compilerOptions: { typeRoots: [join(BENCH, 'node_modules/@types')] },
    include: ['**/*.ts'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  for (let index = 0; index < plugins; index += 1) await writeFile(join(folder, `plugins/plugin-${index}.ts`), pluginSource(index))
  await writeFile(join(folder, 'edition.ts'), editionSource(plugins))
}

async function startOnce(edition: Edition): Promise<void> {
  const silent = { info() {}, warn() {}, error() {} }
  const kernel = await startKernel(edition, { core: new Map(), clock: { now: () => new Date() }, logger: silent })
  if (kernel.order.length !== edition.plugins.length) throw new Error('not every plugin was started')
  await kernel.stop()
}

async function typeCheck(folder: string): Promise<void> {
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
  await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: { readonly stdout: string }) => {
    throw new Error(`the generated edition does not compile: ${error.stdout.slice(0, 2_000)}`)
  })
}

async function timed(run: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await run()
  return performance.now() - began
}

const round = (ms: number): number => Math.round(ms * 10) / 10
