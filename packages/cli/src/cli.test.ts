import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadEdition } from '@tenon/kernel/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check } from './check.ts'
import { inspect } from './inspect.ts'
import { runCli } from './run.ts'
import { standaloneHost } from './standalone-host.fixture.ts'

const PLUGINS = `
import { defineCapability, definePlugin, of } from '${import.meta.resolve('@tenon/kernel')}'
import { core } from '${import.meta.resolve('@tenon/kernel/contracts')}'
import { z } from '${import.meta.resolve('zod')}'
const letter = defineCapability({ id: 'test.letter/1', arity: 'one', type: of<string>() })
export const writer = definePlugin({
  id: 'writer', version: '1.2.3', config: z.object({ token: z.string().meta({ writeOnly: true }) }), needs: { clock: core.clock }, provides: { letter },
  setup: () => ({ provide: { letter: 'dear' }, jobs: [{ name: 'post', every: '1h', run: async () => { throw new Error('not here') } }] }),
})
export const reader = definePlugin({
  id: 'reader', version: '1.0.0', config: z.object({ health: z.string().default('ok') }), needs: { letter }, provides: {},
  setup: ({ config }) => ({ provide: {}, health: () => ({ status: config.health, reason: 'eyes closed' }), routes: () => new Response() }),
})
`

describe('tenon', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenon-cli-'))
    const reader = { plugin: './plugins.ts#reader' }
    const writer = { plugin: './plugins.ts#writer', as: 'pen', config: { token: 'hunter2-hunter2' } }
    const editions = {
      fine: [reader, writer],
      ill: [{ ...reader, config: { health: 'down' } }, writer],
      wrong: [
        { ...reader, as: 'a' },
        { plugin: './plugins.ts#writer', config: { token: { $env: 'TOKEN' } } },
        { ...writer, config: {} },
      ],
      unreadable: [{ plugin: './nowhere.ts' }, reader, { ...writer, config: {} }],
      alone: [{ plugin: './nowhere.ts' }, reader],
    }
    await writeFile(join(folder, 'plugins.ts'), PLUGINS)
    for (const [name, plugins] of Object.entries(editions)) await writeFile(join(folder, `${name}.json`), JSON.stringify({ name, plugins }))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function tenon(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const out: string[] = []
    const err: string[] = []
    const code = await runCli(
      args,
      { check, inspect },
      {
        env,
        cwd: folder,
        defaultEdition: './fine.json',
        findEdition: (from) => loadEdition(from, { cwd: folder }),
        loadHost: async () => standaloneHost,
        out: (text) => void out.push(text),
        err: (text) => void err.push(text),
      },
    )
    return { code, out: out.join(''), err: err.join('') }
  }

  it('lists its commands, and says what is wrong with a command line', async () => {
    expect(await tenon([])).toMatchObject({ code: 0, out: expect.stringContaining('check [edition] [--json]    print everything') })
    expect(await tenon(['check', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('tenon check [edition] [--json]') })
    expect(await tenon(['fly'])).toMatchObject({ code: 2, err: expect.stringContaining("there is no command 'fly'") })
    expect(await tenon(['toString'])).toMatchObject({ code: 2 })
    expect(await tenon(['check', '--fast'])).toMatchObject({
      code: 2,
      err: expect.stringContaining("TENON_CLI_USAGE: Unknown option '--fast'"),
    })
    expect(await tenon(['check', 'fine.json', 'ill.json'])).toMatchObject({ code: 2, err: expect.stringContaining("not also 'ill.json'") })
  })

  it('checks: exit code 0 without problems, 1 with all of them', async () => {
    expect(await tenon(['check', 'fine.json'])).toEqual({ code: 0, out: 'fine: no problems\n', err: '' })
    expect(await tenon(['check'], { TENON_EDITION: 'fine.json' })).toMatchObject({ code: 0 })
    const lines = [
      'writer: config.token: the environment variable TOKEN is not set',
      'pen: config.token: Invalid input: expected string, received undefined',
      "a: needs.letter: 'test.letter/1' is provided by writer and pen; name one in edition.choose",
    ]
    expect(await tenon(['check', './wrong.json'])).toEqual({
      code: 1,
      out: `wrong: 3 problems\n${lines.map((line) => `  - ${line}\n`).join('')}`,
      err: '',
    })
    const { code, out } = await tenon(['check', 'wrong.json', '--json'])
    expect([code, JSON.parse(out)]).toEqual([1, { edition: 'wrong', problems: lines }])
    const unreadable = await tenon(['check', 'unreadable.json', '--json'])
    expect([unreadable.code, JSON.parse(unreadable.out).problems]).toEqual([
      1,
      [expect.stringContaining('plugins.0.plugin: '), 'pen: config.token: Invalid input: expected string, received undefined'],
    ])
    // The plugin that could not be read may be what the other one needs.
    expect(JSON.parse((await tenon(['check', 'alone.json', '--json'])).out).problems).toHaveLength(1)
  })

  it('inspects: the tree of plugins with times, health and who serves whom, without secrets', async () => {
    const { code, out, err } = await tenon(['inspect', 'fine.json'])
    expect([code, err]).toEqual([0, ''])
    const shape = out.replaceAll(/\d+(\.\d)? ms/g, '# ms').split('\n')
    expect(shape).toEqual([
      'fine: 2 plugins, started in # ms',
      '',
      '● pen (writer) 1.2.3  ok',
      '├─ times     validate # ms · setup # ms · start # ms',
      '├─ provides  test.letter/1',
      '├─ needs     clock: core.clock/1 ← the host',
      '└─ jobs      post',
      '',
      '● reader 1.0.0  ok',
      '├─ times     validate # ms · setup # ms · start # ms',
      '├─ needs     letter: test.letter/1 ← pen',
      '└─ routes    /plugins/reader',
      '',
    ])
    const json = await tenon(['inspect', 'fine.json', '--json'])
    expect(JSON.parse(json.out)).toMatchObject({
      edition: 'fine',
      instances: [{ instance: 'pen', config: { token: '[secret]' } }, { instance: 'reader' }],
    })
    expect(json.out).not.toContain('hunter2')
  })

  it('inspects: exit code 1 for what is down, and the whole list for what can not start', async () => {
    const ill = await tenon(['inspect', 'ill.json'])
    expect(ill).toMatchObject({ code: 1, out: expect.stringContaining('○ reader 1.0.0  down\n├─ reason    eyes closed') })
    const wrong = await tenon(['inspect', 'wrong.json'])
    expect(wrong).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^TENON_EDITION_INVALID: .*can not start:(\n {2}- .*){3}\n$/),
    })
  })
})
