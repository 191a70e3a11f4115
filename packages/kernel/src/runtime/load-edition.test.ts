import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { host } from '../../test/harness.ts'
import { EditionUnreadable, loadEdition, startKernel } from './index.ts'

const KERNEL = new URL('../index.ts', import.meta.url).href
const ZOD = import.meta.resolve('zod')

const PLUGIN = `
import { definePlugin, defineCapability, of } from '${KERNEL}'
import { z } from '${ZOD}'
const setup = () => ({ provide: {} })
export const first = definePlugin({ id: 'first', version: '1.0.0', config: z.object({ port: z.number() }), needs: {}, provides: {}, perWorkspace: true, setup })
`

describe('loadEdition', () => {
  let folder = ''
  const write = async (files: Readonly<Record<string, string | object>>): Promise<void> => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
    }
  }
  const problemsOf = async (from: string): Promise<readonly string[]> => {
    const error: unknown = await loadEdition(from, { cwd: folder }).catch((thrown: unknown) => thrown)
    if (!EditionUnreadable.is(error)) throw error
    return error.details.problems
  }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenon-editions-'))
    await write({
      'plugin.ts': PLUGIN,
      'two.ts': `${PLUGIN}\nexport const second = Object.freeze({ ...first, id: 'second' })\nexport { first as again }`,
      'edition.ts': `import { defineEdition, use } from '${KERNEL}'\nimport { first } from './plugin.ts'\nexport const shop = defineEdition({ name: 'shop', plugins: [use(first, { port: 1 })] })`,
      'node_modules/in-a-package/package.json': { name: 'in-a-package', type: 'module', exports: './plugin.js' },
      'node_modules/in-a-package/plugin.js': PLUGIN,
      'node_modules/@acme/modern/package.json': {
        name: '@acme/modern',
        type: 'module',
        exports: { '.': { types: './plugin.d.ts', import: './plugin.js' }, './nested': { import: { node: './nested.js' } } },
      },
      'node_modules/@acme/modern/plugin.js': PLUGIN,
      'node_modules/@acme/modern/nested.js': PLUGIN.replaceAll("'first'", "'nested'"),
    })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('loads the edition that a module exports', async () => {
    expect(await loadEdition('./edition.ts', { cwd: folder })).toMatchObject({ name: 'shop', plugins: [{ as: 'first' }] })
    expect(await loadEdition('edition.ts#shop', { cwd: folder })).toMatchObject({ name: 'shop' })
    expect(await problemsOf('./edition.ts#other')).toEqual([expect.stringContaining("does not export an edition named 'other'")])
    expect(await problemsOf('./plugin.ts')).toEqual([expect.stringContaining('exports no edition')])
  })

  it('loads a JSON file with plugins from paths and packages, and starts it', async () => {
    await write({
      'edition.json': {
        name: 'from a file',
        plugins: [
          { plugin: './plugin.ts', config: { port: { $env: 'PORT' } } },
          { plugin: 'in-a-package', as: 'packaged', config: { port: 2 }, onFailure: 'continue', workspaces: { eu: { port: 3 } } },
          { plugin: './two.ts#second', config: { port: 4 } },
        ],
      },
    })
    const edition = await loadEdition('./edition.json', { cwd: folder })
    await using kernel = await startKernel(edition, host({ env: { PORT: '25' } }))
    expect(kernel.instances.map(({ instance, config, workspaces, onFailure }) => [instance, config, workspaces, onFailure])).toEqual([
      ['first', { port: 25 }, {}, 'abort'],
      ['packaged', { port: 2 }, { eu: { port: 3 } }, 'continue'],
      ['second', { port: 4 }, {}, 'abort'],
    ])
  })

  it('finds packages that export to import alone', async () => {
    await write({ 'modern.json': { name: 'modern', plugins: [{ plugin: '@acme/modern' }, { plugin: '@acme/modern/nested' }] } })
    expect(await loadEdition('./modern.json', { cwd: folder })).toMatchObject({ plugins: [{ as: 'first' }, { as: 'nested' }] })
    await write({ 'absent.json': { name: 'absent', plugins: [{ plugin: '@acme/modern/other' }] } })
    expect(await problemsOf('./absent.json')).toEqual([
      expect.stringContaining("plugins.0.plugin: Package subpath './other' is not defined"),
    ])
  })

  it('gives files the same checks as modules', async () => {
    await write({
      'wrong.json': { name: 'wrong', plugins: [{ plugin: './plugin.ts' }, { plugin: './plugin.ts' }], choose: { 'a.b/1': 'c' } },
    })
    const start = loadEdition('./wrong.json', { cwd: folder }).then((edition) => startKernel(edition, host()))
    await expect(start).rejects.toMatchObject({ code: 'TENON_EDITION_INVALID', details: { problems: { length: 4 } } })
  })

  it('names the path of everything that is wrong with a file', async () => {
    await write({
      'keys.json': {
        name: 1,
        plugin: [],
        plugins: [{ plugin: '', as: 7, config: [], onFailure: 'ignore', extra: 1 }, null],
        choose: { a: 1 },
      },
      'list.json': [],
      'broken.json': '{ "name": ',
      'missing.json': {
        name: 'missing',
        plugins: [{ plugin: './nowhere.ts' }, { plugin: 'no-such-package' }, { plugin: './two.ts' }, { plugin: './two.ts#third' }],
      },
    })
    expect(await problemsOf('./keys.json')).toEqual([
      'plugin: there is no such key',
      'name: is not a text',
      'choose: is not an object of texts',
      'plugins.0.extra: there is no such key',
      'plugins.0.plugin: is not a text',
      'plugins.0.config: is not an object',
      'plugins.0.as: is not a text',
      "plugins.0.onFailure: is neither 'abort' nor 'continue'",
      'plugins.1: is not an object',
    ])
    expect(await problemsOf('./list.json')).toEqual(['the file: is not an object'])
    expect(await problemsOf('./broken.json')).toEqual([expect.stringContaining('JSON')])
    expect(await problemsOf('./missing.json')).toEqual([
      expect.stringContaining('plugins.0.plugin: '),
      expect.stringContaining("plugins.1.plugin: Cannot find module 'no-such-package'"),
      expect.stringMatching(/plugins\.2\.plugin: .* exports 2 plugins \(.*\); name one/),
      expect.stringContaining('plugins.3.plugin: '),
    ])
    expect(await problemsOf('./nowhere.json')).toEqual([expect.stringContaining('ENOENT')])
    expect(await problemsOf('no-such-edition')).toEqual([expect.stringContaining('no-such-edition')])
  })
})
