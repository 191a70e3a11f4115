import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../apps/server/src/test/running.fixture.ts'
import { codeBlocks, filesOf } from './code-blocks.ts'
import { codeIn, type Page, readPage, tableOf } from './pages.ts'

const writeKey = 'write-key-of-the-guides'
const apiKey = 'api-key-of-the-guides-1'
const guide = await readPage('docs/guides/integrate.md')
const plansGuide = await readPage('docs/guides/tracking-plans.md')
const blocksOf = ({ text: markdown }: Page) => codeBlocks(markdown).map((block) => ({ ...block, place: `line ${block.line}` }))
const blocks = blocksOf(guide)
/** Those that can be typed as they stand: no placeholder, nothing but curl. */
const commandsOf = (page: Page) =>
  blocksOf(page).filter(({ language, text: code }) => language === 'sh' && code.startsWith('curl') && !/[…<]/.test(code))

/** curl as in the guide, but an answer that is no success is an error, with the answer. */
const strict = `curl() { command curl --silent --show-error --fail-with-body --write-out '\\n' "$@"; }\nset -e\n`

describe('the guides, on a running server', () => {
  let server: TestServer
  let folder = ''
  const run = async (command: string, args: readonly string[]) => {
    const env = { ...process.env, TENON: server.address, TENON_URL: server.address, TENON_WRITE_KEY: writeKey, TENON_API_KEY: apiKey }
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    return { out, err, code }
  }
  beforeAll(async () => {
    server = await startTestServer({ TENON_WRITE_KEY: writeKey, TENON_API_KEY: apiKey, TENON_SMTP_PORT: '9' })
    folder = await mkdtemp(join(tmpdir(), 'tenon-guides-'))
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  const call = (method: string, path: string, body: unknown) => server.call(method, path, body, { authorization: `Bearer ${apiKey}` })

  it('shows a script that runs', { timeout: 120_000 }, async () => {
    const script = join(folder, 'tour.ts')
    await writeFile(script, filesOf(guide.text).get('tour.ts') ?? '')
    const { out, err, code } = await run(process.execPath, [script])
    expect(err).toBe('')
    expect(out.trim().split('\n')).toEqual([
      '1: did “Order Completed” at least 2 times in the last 30 days',
      'an: spent 120',
      'bo is a member: false',
      'beside tea: tour-pot (TOGETHER_WITH)',
      'the same coupon again: true',
      'a second one: PERSON_LIMIT',
      'bo: NOT_ELIGIBLE',
      'redeemed: 1200 cents off',
      'user_id:tour-an: queued',
      'user_id:tour-bo: dropped (NO_CONSENT)',
      'refused: accept INVALID_EVENT_NAME',
    ])
    expect(code).toBe(0)
  })

  it('shows the life of a tracking plan', { timeout: 120_000 }, async () => {
    const script = join(folder, 'plan-tour.ts')
    await writeFile(script, filesOf(plansGuide.text).get('plan-tour.ts') ?? '')
    const { out, err, code } = await run(process.execPath, [script])
    expect(err).toBe('')
    const schema = {
      type: 'object',
      properties: { bike: { type: 'string' }, helmet: { type: 'boolean' }, minutes: { type: 'number' } },
      required: ['bike', 'minutes'],
    }
    expect(out.trim().split('\n')).toEqual([
      JSON.stringify([{ type: 'track', name: 'Bike Rented', version: 1, properties: schema }]),
      'wrong-type at properties.minutes: string instead of number',
      'held back: 1',
      'held back: 0, let through: 1',
    ])
    expect(code).toBe(0)
  })

  it.each([guide, plansGuide])('shows commands that work as printed: $path', { timeout: 120_000 }, async (page) => {
    const commands = commandsOf(page)
    expect(commands.length).toBeGreaterThan(5)
    for (const { text: code, place } of commands) {
      const answer = await run('bash', ['-c', strict + code])
      expect(answer.code, `${place}: ${answer.out}${answer.err}`).toBe(0)
    }
  })

  it.each(blocks.filter(({ note }) => note === 'rule'))('shows rules that can be previewed: $place', async ({ text: rule }) => {
    const preview = await call('POST', '/v1/segments/preview', { rule: JSON.parse(rule) })
    expect(preview).toMatchObject({ status: 200 })
  })

  it('shows measures that make tags', { timeout: 120_000 }, async () => {
    for (const { text: measure, place, line } of blocks.filter(({ note }) => note === 'measure')) {
      const tag = await call('PUT', `/v1/tags/guide.line${line}`, { measure: JSON.parse(measure) })
      expect(tag, place).toMatchObject({ status: 200 })
    }
  })

  it('lists, for operators, the metrics that there are', async () => {
    const { body } = await server.call('GET', '/metrics')
    const real = [...String(body).matchAll(/^# HELP (tenon_\w+)/gm)].map(([, name]) => name)
    const stated = tableOf(await readPage('docs/guides/operate.md'), ['metric', 'labels', 'what']).map(([name = '']) => codeIn(name)[0])
    expect(stated.sort()).toEqual(real.sort())
  })
})
