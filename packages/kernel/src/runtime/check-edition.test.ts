import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Greeter, greeter, host, letters, nothing, plugin, politeGreeter } from '../../test/harness.ts'
import {
  type AnyCapability,
  atLeastOne,
  defineAdapter,
  defineCapability,
  defineEdition,
  definePlugin,
  type Edition,
  of,
  optional,
  type Use,
  use,
} from '../index.ts'
import { checkEdition, EditionInvalid, formatProblem, startKernel } from './index.ts'

const done = () => ({ provide: {} })

/** An edition that no compiler has checked, as a file makes it. */
const unchecked = (plugins: readonly Use[], rest: Partial<Edition> = {}): Edition =>
  Object.freeze({ $$type: '@tenon/Edition', name: 'unchecked', plugins, choose: {}, adapters: [], ...rest })

const problemsOf = async (edition: Edition, options: Parameters<typeof host>[0] = {}) =>
  (await checkEdition(edition, host(options))).map(formatProblem)

const guest = plugin('guest', { greeter }, {}, done)
const reader = plugin('reader', { letters: atLeastOne(letters) }, {}, done)

describe('checkEdition', () => {
  it('reports every problem of every plugin at once, and startKernel throws the same list before it starts anything', async () => {
    let started = 0
    const strict = definePlugin({
      id: 'strict',
      version: '1.0.0',
      config: z.object({ url: z.url(), retries: z.number().min(0) }),
      needs: {},
      provides: {},
      setup() {
        started += 1
        return { provide: {} }
      },
    })
    const future = Object.freeze({ ...politeGreeter, id: 'future', contract: 7 })
    const edition = unchecked([
      use(strict, { url: 'nope', retries: -1 }),
      use(strict, { url: 'https://fine.example', retries: 1 }),
      use(guest, {}),
      use(reader, {}),
      use(politeGreeter, {}),
      use(future, {}),
    ])
    const expected = [
      "strict: the name is used 2 times; give each use its own with 'as'",
      'future: built for plugin contract 7; this kernel speaks 1 and 0',
      'strict: config.url: Invalid URL',
      'strict: config.retries: Too small: expected number to be >=0',
      "guest: needs.greeter: 'test.greeter/1' is provided by greeter and future; name one in edition.choose",
      "reader: needs.letters: no plugin provides 'test.letter/1'",
    ]
    expect(await problemsOf(edition)).toEqual(expected)
    const error: unknown = await startKernel(edition, host()).catch((thrown: unknown) => thrown)
    if (!EditionInvalid.is(error)) throw error
    expect(error.details.problems.map(formatProblem)).toEqual(expected)
    expect(error.message).toContain(`the edition 'unchecked' can not start:\n  - ${expected[0]}`)
    expect(started).toBe(0)
  })

  it('accepts plugins of the contract before this one, with a warning that names them', async () => {
    const old = Object.freeze({ ...politeGreeter, contract: 0 })
    const options = host()
    await using kernel = await startKernel(unchecked([use(old, {}), use(old, {}, { as: 'second' })], { choose: {} }), options)
    expect(kernel.instances.map(({ contract }) => contract)).toEqual([0, 0])
    expect(options.logger.lines).toMatchObject([
      { level: 'warn', fields: { deprecation: 'TENON_DEP_PREVIEW_CONTRACT', users: ['greeter', 'second'] } },
    ])
  })

  it('names values that are no plugins, are not frozen, or lack members', async () => {
    const broken = (value: unknown): Use => ({
      plugin: value as Use['plugin'],
      config: {},
      as: 'broken',
      onFailure: 'abort',
      workspaces: {},
    })
    expect(await problemsOf(unchecked([broken({ id: 'x' })]))).toEqual(['broken: this is not a plugin value; make it with definePlugin'])
    expect(await problemsOf(unchecked([broken({ ...politeGreeter })]))).toEqual([
      'broken: the plugin value is not frozen; make it with definePlugin',
    ])
    expect(
      await problemsOf(unchecked([broken(Object.freeze({ ...politeGreeter, version: 'one', setup: undefined, needs: { a: 1 } }))])),
    ).toEqual([
      "broken: the plugin value has no valid 'version'",
      "broken: the plugin value has no valid 'needs'",
      "broken: the plugin value has no valid 'setup'",
    ])
    const garbages: readonly unknown[] = [
      undefined,
      null,
      1,
      {},
      { $$type: '@tenon/Edition' },
      { $$type: '@tenon/Edition', plugins: [null] },
    ]
    for (const garbage of garbages) {
      expect(await checkEdition(garbage as Edition, host())).toHaveLength(1)
    }
  })

  it('checks what is chosen', async () => {
    const plugins = [
      use(politeGreeter, {}),
      use(politeGreeter, {}, { as: 'other' }),
      use(
        plugin('letter', {}, { letter: letters }, () => ({ provide: { letter: 'a' } })),
        {},
      ),
    ]
    const choose = { 'test.greeter/1': 'nobody', 'test.letter/1': 'letter', 'test.unknown/1': 'greeter', 'core.clock/1': 'greeter' }
    expect(await problemsOf(unchecked(plugins, { choose }))).toEqual([
      "edition: choose.test.greeter/1: there is no instance 'nobody'",
      'edition: choose.test.letter/1: everyone who needs this capability gets all of its providers: there is nothing to choose',
      'edition: choose.test.unknown/1: no plugin of this edition provides or needs this capability',
      'edition: choose.core.clock/1: the host itself provides this capability: there is nothing to choose',
    ])
    expect(await problemsOf(unchecked(plugins, { choose: { 'test.greeter/1': 'letter' } }))).toEqual([
      "edition: choose.test.greeter/1: 'letter' does not provide this capability",
    ])
    expect(await problemsOf(unchecked([...plugins, use(guest, {})], { choose: { 'test.greeter/1': 'other' } }))).toEqual([])
  })

  it('checks what the host needs in the same report', async () => {
    expect(await problemsOf(unchecked([]), { needs: { greeter, letters: atLeastOne(letters), maybe: optional(greeter) } })).toEqual([
      "edition: host.needs.greeter: no plugin provides 'test.greeter/1'",
      "edition: host.needs.letters: no plugin provides 'test.letter/1'",
    ])
  })

  it('refuses a host that brings one core capability twice', async () => {
    const again = defineCapability({ id: 'core.clock/1', arity: 'one', type: of<string>() })
    const options = host()
    const core = new Map<AnyCapability, unknown>([...options.core, [again, 'x']])
    expect((await checkEdition(unchecked([]), { ...options, core })).map(formatProblem)).toEqual([
      'edition: core: core.clock/1: the host brings it twice',
    ])
  })

  it('names circles with the capability of each edge, and only those that the choice leaves', async () => {
    const other = defineCapability({ id: 'test.other/1', arity: 'one', type: of<string>() })
    const left = plugin('left', { other }, { greeter }, () => ({ provide: { greeter: { greet: async () => '' } } }))
    const right = plugin('right', { greeter }, { other }, () => ({ provide: { other: '' } }))
    expect(await problemsOf(unchecked([use(left, {}), use(right, {})]))).toEqual([
      'left: plugins need each other in a circle: left -[test.other/1]-> right -[test.greeter/1]-> left',
    ])
    expect(
      await problemsOf(unchecked([use(left, {}), use(right, {}), use(politeGreeter, {})], { choose: { 'test.greeter/1': 'greeter' } })),
    ).toEqual([])
  })

  it('refuses plugins that provide what belongs to the host, or one thing twice', async () => {
    const clock = defineCapability({ id: 'core.clock/1', arity: 'one', type: of<string>() })
    const thief = definePlugin({
      id: 'thief',
      version: '1.0.0',
      config: nothing,
      needs: {},
      provides: { clock, a: letters, b: letters },
      setup: () => ({ provide: { clock: '', a: '', b: '' } }),
    })
    expect(await problemsOf(unchecked([use(thief, {})]))).toEqual([
      "thief: provides.clock: 'core.clock/1' belongs to the host",
      "thief: provides.b: 'test.letter/1' is provided twice",
    ])
  })

  it('refuses contracts that disagree about arity', async () => {
    const single = defineCapability({ id: 'test.letter/1', arity: 'one', type: of<string>() })
    const provider = plugin('provider', {}, { single }, () => ({ provide: { single: 'a' } }))
    expect(await problemsOf(unchecked([use(reader, {}), use(provider, {})]))).toEqual([
      'edition: test.letter/1: is declared with arity many and one: plugins were built against contracts that differ',
    ])
  })

  it('says which adapter would help when only another major is there', async () => {
    const greeter2 = defineCapability({ id: 'test.greeter/2', arity: 'one', type: of<{ hello(name: string): Promise<string> }>() })
    const modern = plugin('modern', { greeter2 }, {}, done)
    const edition = unchecked([use(modern, {}), use(politeGreeter, {})])
    expect(await problemsOf(edition)).toEqual([
      "modern: needs.greeter2: no plugin provides 'test.greeter/2'; there is 'test.greeter/1' (greeter): add an adapter",
    ])
    const adapter = defineAdapter({ from: greeter, to: greeter2, adapt: (old: Greeter) => ({ hello: (name) => old.greet(name) }) })
    expect(await problemsOf({ ...edition, adapters: [adapter] })).toEqual([])
  })

  it('checks the numbers, names and shapes of migrations, and that the host applies them', async () => {
    const steps = { '1_one': { sql: '' }, '01_again': { sql: '' }, '2_wrong': {}, three: { sql: '' } }
    const migrating = Object.freeze({
      ...politeGreeter,
      migrations: { postgres: { steps }, clickhouse: { steps: {} } },
    }) as unknown as typeof politeGreeter
    expect(await problemsOf(unchecked([use(migrating, {})]))).toEqual([
      'greeter: migrations: brings migrations, but this host applies none',
      'greeter: migrations.clickhouse: there is no such store: a plugin keeps its state in postgres',
      "greeter: migrations.postgres.01_again: has the same number as '1_one'",
      'greeter: migrations.postgres.2_wrong: is neither { sql } nor { up, checksum }',
      'greeter: migrations.postgres.three: its name is not <number>_<name>',
    ])
    expect(await problemsOf(unchecked([use(migrating, {})]), { migrate: async () => {} })).toHaveLength(4)
  })

  it('accepts an edition without problems', async () => {
    const edition = defineEdition({ name: 'fine', plugins: [use(guest, {}), use(politeGreeter, {})] })
    expect(await checkEdition(edition, host({ needs: { greeter } }))).toEqual([])
  })
})
