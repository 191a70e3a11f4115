import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { host } from '../../test/harness.ts'
import { type ConfigSchema, defineEdition, definePlugin, fromEnv, perWorkspace, use } from '../index.ts'
import { checkEdition, type Environment, formatProblem, startKernel } from './index.ts'

const secret = z.string().min(4).meta({ writeOnly: true })

/** Starts one plugin and says what it got for each workspace asked for. */
async function configured<S extends ConfigSchema>(
  schema: S,
  config: unknown,
  options: { readonly env?: Environment; readonly workspaces?: Readonly<Record<string, object>> } = {},
) {
  const got: { all?: unknown; of?: (workspace: string) => unknown } = {}
  const plugin = definePlugin({
    id: 'configured',
    version: '1.0.0',
    config: schema,
    needs: {},
    provides: {},
    perWorkspace: true,
    setup(context) {
      got.all = context.config
      got.of = context.configFor
      return { provide: {} }
    },
  })
  const edition = defineEdition({
    name: 'one',
    plugins: [use(plugin, config as never, { workspaces: (options.workspaces ?? {}) as never })],
  })
  const problems = await checkEdition(edition, host({ env: options.env ?? {} }))
  if (problems.length > 0) return { problems: problems.map(formatProblem), got, inspection: undefined }
  await using kernel = await startKernel(edition, host({ env: options.env ?? {} }))
  return { problems: [], got, inspection: await kernel.inspect() }
}

describe('configuration', () => {
  it('is validated, defaulted and frozen all the way down', async () => {
    const { got } = await configured(z.object({ url: z.url(), retry: z.object({ times: z.number().default(3) }).prefault({}) }), {
      url: 'https://a.example',
    })
    expect(got.all).toEqual({ url: 'https://a.example', retry: { times: 3 } })
    expect(Object.isFrozen(got.all)).toBe(true)
    expect(Object.isFrozen((got.all as { retry: object }).retry)).toBe(true)
  })

  it('takes values from the environment, as the schema wants them', async () => {
    const schema = z.object({
      port: z.number().int(),
      tls: z.boolean(),
      host: z.string(),
      zip: z.union([z.string(), z.number()]),
      list: z.array(z.number()),
    })
    const config = {
      port: fromEnv('PORT'),
      tls: fromEnv('TLS'),
      host: fromEnv('HOST', 'localhost'),
      zip: fromEnv('ZIP'),
      list: [fromEnv('PORT'), 2],
    }
    const { got } = await configured(schema, config, { env: { PORT: '25', TLS: 'false', ZIP: '0815' } })
    expect(got.all).toEqual({ port: 25, tls: false, host: 'localhost', zip: '0815', list: [25, 2] })
  })

  it('names variables that are not set, once, and does not add that undefined is no text', async () => {
    const { problems } = await configured(z.object({ password: secret, url: z.url() }), { password: fromEnv('NOT_SET'), url: 'nope' })
    expect(problems).toEqual([
      'configured: config.password: the environment variable NOT_SET is not set',
      'configured: config.url: Invalid URL',
    ])
  })

  it('merges what a workspace has otherwise key by key, and validates the result', async () => {
    const schema = z.object({ smtp: z.object({ host: z.string(), port: z.number() }), tags: z.array(z.string()) })
    const base = { smtp: { host: 'a', port: 25 }, tags: ['x', 'y'] }
    const { got } = await configured(schema, base, { workspaces: { eu: { smtp: { host: fromEnv('EU') }, tags: ['z'] } }, env: { EU: 'b' } })
    expect(got.of?.('eu')).toEqual({ smtp: { host: 'b', port: 25 }, tags: ['z'] })
    expect(Object.isFrozen(got.of?.('eu'))).toBe(true)
    expect(got.of?.('us')).toBe(got.all)
    const wrong = await configured(schema, base, { workspaces: { eu: { smtp: { port: 'x' } } } })
    expect(wrong.problems).toEqual(['configured: workspaces.eu.smtp.port: Invalid input: expected number, received string'])
  })

  it('is refused for workspaces where the plugin has one for all', async () => {
    const plugin = definePlugin({
      id: 'same',
      version: '1.0.0',
      config: z.object({ a: z.number() }),
      needs: {},
      provides: {},
      setup: () => ({ provide: {} }),
    })
    const problemsFor = async (workspaces: Readonly<Record<string, { readonly a?: number }>>) =>
      (await checkEdition(defineEdition({ name: 'e', plugins: [use(plugin, { a: 1 }, { workspaces })] }), host())).map(formatProblem)
    expect(await problemsFor({ eu: { a: 2 } })).toEqual(['same: workspaces: this plugin has one configuration for all workspaces'])
    expect(await problemsFor({})).toEqual([])
  })

  it('makes what depends on it once for each', async () => {
    const { got } = await configured(z.object({ a: z.number() }), { a: 1 }, { workspaces: { eu: { a: 2 } } })
    const made: unknown[] = []
    const values = perWorkspace({ config: got.of?.('us'), configFor: (workspace) => got.of?.(workspace) }, (config) => {
      made.push(config)
      return { config }
    })
    expect(values.all()).toEqual([values.common])
    const asked = ['us', 'uk', 'eu', 'eu'].map(values.of)
    expect(asked.map(({ config }) => config)).toEqual([{ a: 1 }, { a: 1 }, { a: 2 }, { a: 2 }])
    expect(asked[0]).toBe(values.common)
    expect(values.all()).toEqual([values.common, asked[2]])
    expect(made).toEqual([{ a: 1 }, { a: 2 }])
  })

  it('does not repeat for a workspace what is wrong for everyone', async () => {
    const { problems } = await configured(z.object({ a: z.number() }), { a: 'x' }, { workspaces: { eu: {}, us: {} } })
    expect(problems).toHaveLength(1)
  })

  it('can not be used to pollute prototypes', async () => {
    const config: unknown = JSON.parse('{"__proto__": {"polluted": true}, "a": {"$env": "A"}}')
    await configured(z.looseObject({ a: z.string() }), config, {
      env: { A: 'x' },
      workspaces: { eu: JSON.parse('{"__proto__": {"polluted": true}}') as object },
    })
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  it('reports schemas that throw, hang, or can not print themselves', async () => {
    const throwing = z.string().refine(() => {
      throw new Error('odd')
    })
    expect((await configured(throwing, 'x')).problems).toEqual([expect.stringContaining('its schema threw: Error: odd')])
    const hanging = z.string().refine(() => new Promise<boolean>(() => {}))
    const plugin = definePlugin({
      id: 'hanging',
      version: '1.0.0',
      config: hanging,
      needs: {},
      provides: {},
      setup: () => ({ provide: {} }),
    })
    const edition = defineEdition({ name: 'e', plugins: [use(plugin, 'x')] })
    const problems = await checkEdition(edition, host({ limits: { validate: 10 } }))
    expect(problems.map(formatProblem)).toEqual(['hanging: config: its schema did not finish in 10 ms'])
    expect((await configured(z.custom<string>(), 'x')).problems).toEqual([
      'configured: config: its schema can not print itself as JSON Schema',
    ])
  })
})

describe('secrets', () => {
  const schema = z.object({
    password: secret,
    pin: z.number().optional().meta({ writeOnly: true }),
    nested: z.object({ token: secret.optional(), shown: z.string() }),
    list: z.array(z.object({ key: secret, shown: z.string() })),
    either: z.union([z.object({ kind: z.literal('a'), key: secret }), z.object({ kind: z.literal('b'), shown: z.string() })]).nullable(),
    map: z.record(z.string(), secret),
    all: z.object({ user: z.string(), deep: z.object({ pass: z.string() }) }).meta({ writeOnly: true }),
  })
  /** Long enough not to occur by chance in what the kernel prints anyway, and nasty to quote. */
  const secretText = fc.string({ minLength: 6, maxLength: 24, unit: 'grapheme' }).map((text) => `§${text}\\"'%`)

  it('never appear in what is inspected, reported or thrown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(secretText, { minLength: 8, maxLength: 8 }), fc.boolean(), async (secrets, throwCause) => {
        const [password = '', token = '', key = '', either = '', mapped = '', user = '', pass = '', regional = ''] = secrets
        const config = {
          password: fromEnv('PASSWORD'),
          nested: { token, shown: `shown` },
          list: [{ key, shown: 'shown' }],
          either: { kind: 'a' as const, key: either },
          map: { any: mapped },
          all: { user, deep: { pass } },
        }
        const failing = definePlugin({
          id: 'failing',
          version: '1.0.0',
          config: schema.refine(({ nested }) => nested.shown === 'shown', `not shown, but ${key}`),
          needs: {},
          provides: {},
          perWorkspace: true,
          setup: () => ({
            provide: {},
            start() {
              const message = `can not log in with ${password} and ${JSON.stringify({ regional })} at smtp://${encodeURIComponent(user)}`
              throw Object.assign(new Error(message, throwCause ? { cause: new Error(mapped) } : undefined), {
                options: { auth: { pass } },
              })
            },
          }),
        })
        const options = host({ env: { PASSWORD: password } })
        const start = (onFailure: 'abort' | 'continue', shown = 'shown') => {
          const workspaces = { eu: { password: regional } }
          const uses = [use(failing, { ...config, nested: { token, shown } }, { onFailure, workspaces })] as const
          return startKernel(defineEdition({ name: 'secretive', plugins: uses }), options)
        }
        const kernel = await start('continue')
        const outputs = [JSON.stringify(await kernel.inspect()), JSON.stringify(kernel.instances)]
        await kernel.stop()
        for (const attempt of [() => start('abort'), () => start('abort', 'other')])
          outputs.push(everythingOf(await attempt().catch((error: unknown) => error)))
        outputs.push(JSON.stringify(options.logger.lines))
        for (const output of outputs) {
          for (const value of secrets) {
            expect(output).not.toContain(value)
            expect(output).not.toContain(JSON.stringify(value).slice(1, -1))
            expect(output).not.toContain(encodeURIComponent(value))
          }
        }
        expect(outputs[0]).toContain('"password":"[secret]"')
        expect(outputs[0]).toContain('"shown":"shown"')
      }),
      { numRuns: 30 },
    )
  })

  it('are also found behind references and recursion', async () => {
    const tree = z.object({
      key: secret,
      get children() {
        return z.array(tree).optional()
      },
    })
    const { inspection } = await configured(tree, { key: 'key-one', children: [{ key: 'key-two', children: [{ key: 'key-three' }] }] })
    expect(JSON.stringify(inspection)).not.toMatch(/key-/)
    expect(inspection?.instances[0]?.config).toEqual({ key: '[secret]', children: [{ key: '[secret]', children: [{ key: '[secret]' }] }] })
  })
})

/** What any logger could print of an error: message, stack, own properties, causes. */
function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? ''
  return [error.message, error.stack, JSON.stringify(error), everythingOf(error.cause)].join('\n')
}
