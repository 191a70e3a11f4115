import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { greeter, host } from '../../test/harness.ts'
import type { AnyPlugin } from '../index.ts'
import { startKernel } from './index.ts'

/** Inside the package, so that a compiler finds its types; hidden and removed, so that nobody else does. */
const ROOT = join(import.meta.dirname, '../..')

/** A plugin whose author's package manager installed another copy of the kernel. */
const FOREIGN = `
import { z } from 'zod'
import { defineCapability, definePlugin, of } from './plugin-copy/face.ts'
export interface Greeter { greet(name: string): Promise<string> }
const greeter = defineCapability({ id: 'test.greeter/1', arity: 'one', type: of<Greeter>() })
export const foreign = definePlugin({
  id: 'foreign', version: '1.0.0', config: z.object({ word: z.string() }), needs: {}, provides: { greeter },
  setup: ({ config }) => ({ provide: { greeter: { greet: async (name) => config.word + ' ' + name } } }),
})
`

const CONSUMER = `
import { z } from 'zod'
import { defineCapability, defineEdition, definePlugin, of, use } from '../src/index.ts'
import { foreign, type Greeter } from './foreign.ts'
const greeter = defineCapability({ id: 'test.greeter/1', arity: 'one', type: of<Greeter>() })
const guest = definePlugin({ id: 'guest', version: '1.0.0', config: z.object({}), needs: { greeter }, provides: {}, setup: () => ({ provide: {} }) })
export const complete = defineEdition({ name: 'two copies', plugins: [use(foreign, { word: 'hi' }), use(guest, {})] })
// @ts-expect-error the configuration of a plugin of another copy is checked
use(foreign, {})
// @ts-expect-error and so is what an edition lacks
defineEdition({ name: 'lacking', plugins: [use(guest, {})] })
`

describe('a plugin built against a second copy of the kernel', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(ROOT, '.second-copy-'))
    await cp(join(ROOT, 'src/plugin'), join(folder, 'plugin-copy'), { recursive: true, filter: (source) => !source.endsWith('.test.ts') })
    const face = "export { defineCapability, of } from './capability.ts'\nexport { definePlugin } from './plugin.ts'\n"
    await writeFile(join(folder, 'plugin-copy/face.ts'), face)
    await writeFile(join(folder, 'foreign.ts'), FOREIGN)
    await writeFile(join(folder, 'consumer.ts'), CONSUMER)
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../tsconfig.json', include: ['*.ts'] }))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('starts, and its providers get the guard of the contract', async () => {
    const { foreign }: { foreign: AnyPlugin } = await import(pathToFileURL(join(folder, 'foreign.ts')).href)
    const { defineEdition, use } = await import('../index.ts')
    const edition = defineEdition({ name: 'two copies', plugins: [use(foreign, { word: 'hi' })] })
    await using kernel = await startKernel(edition, { ...host(), needs: { greeter } })
    expect(await kernel.needs.greeter.greet('Bo')).toBe('hi Bo')
    expect(kernel.metrics().calls).toMatchObject([{ instance: 'foreign', operation: 'greet' }])
  })

  it('fits the types of the first copy, which still check it', async () => {
    const { stdout } = await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toBe('')
  })
})
