import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../apps/server/src/test/running.fixture.ts'
import { readerUnderTest } from '../../packages/import/src/reader/reader.fixture.ts'
import { startRemotePostgres } from '../../packages/import/src/source/remote-postgres.fixture.ts'
import { startRemoteS3 } from '../../packages/import/src/source/remote-s3.fixture.ts'
import { codeBlocks, filesOf } from './code-blocks.ts'
import { readPage, root } from './pages.ts'

const apiKey = 'api-key-of-the-guides-1'
const guide = await readPage('docs/guides/import.md')
const blocks = codeBlocks(guide.text).filter(({ language }) => language === 'sh')

describe('the guide to imports, on a running server', () => {
  let server: TestServer
  let folder = ''
  const places: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenon-import-guide-'))
    const [lake, shop] = await Promise.all([startLake(join(folder, 's3')), startShop()])
    places.push(lake, shop)
    const connections = { TENON_IMPORT_LAKE: lake.url, TENON_IMPORT_SHOP: shop.url }
    server = await startTestServer({ TENON_API_KEY: apiKey, TENON_SMTP_PORT: '9', ...connections })
    for (const [name, content] of filesOf(guide.text)) await writeFile(join(folder, name), content)
  })
  afterAll(async () => {
    await server?.close()
    for (const place of places) await place.close()
    await rm(folder, { recursive: true, force: true })
  })

  const run = async (script: string) => {
    const tenon = `tenon() { '${process.execPath}' --conditions=@tenon/source '${join(root, 'apps/server/src/tenon.ts')}' "$@"; }`
    const curl = `curl() { command curl --silent --show-error --fail-with-body --write-out '\\n' "$@"; }`
    const env = { ...process.env, TENON: server.address, TENON_URL: server.address, TENON_API_KEY: apiKey }
    const child = spawn('bash', ['-c', `${tenon}\n${curl}\n${script}`], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    return { out, err, code }
  }
  const call = (method: string, path: string, body?: unknown) => server.call(method, path, body, { authorization: `Bearer ${apiKey}` })

  it('previews and imports with the commands as printed', { timeout: 120_000 }, async () => {
    const [preview = '', imported = ''] =
      blocks
        .find(({ text: code }) => code.startsWith('tenon'))
        ?.text.trim()
        .split('\n') ?? []
    const looked = await run(preview)
    expect(looked.out).toContain('"value":"an@example.com"')
    expect(looked.out).toContain('"timestamp":"2010-12-01T08:26:00.000Z"')
    expect(looked.out).toContain("fails  INVALID_VALUE: properties.total: 'cancelled' is no number")
    expect(looked.code).toBe(1)
    for (let round = 0; round < 2; round++) {
      const done = await run(imported)
      expect(`${done.out}${done.err}`).toContain('done: 3 rows read, 2 accepted, 1 failed')
      expect(done.out).toContain(round === 0 ? '2 new, 0 known before, 1 failed' : '0 new, 3 known before')
      expect(done.code).toBe(0)
    }
    await call('POST', '/v1/evaluations', {})
    const events = await call('GET', '/v1/profiles/user_id:17850/events')
    expect(events.body).toMatchObject({ events: [{ properties: { total: 22.2 } }, { properties: { total: 139.12 } }] })
    const failed = await call('GET', '/v1/failed-events?stage=import')
    expect((failed.body as { failedEvents: unknown[] }).failedEvents).toHaveLength(1)
  })

  it('imports over HTTP with the commands as printed', { timeout: 120_000 }, async () => {
    const { out, err, code } = await run(`set -e\n${blocks.find(({ text: block }) => block.startsWith('curl'))?.text}`)
    expect(code, `${out}${err}`).toBe(0)
    const { imports } = (await call('GET', '/v1/imports?limit=1')).body as { imports: { id: string; key: string }[] }
    expect(imports[0]?.key).toBe('people')
    const path = `/v1/imports/${imports[0]?.id}`
    for (let tries = 0; tries < 400; tries++) {
      if (((await call('GET', path)).body as { state: string }).state === 'done') break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(await call('GET', path)).toMatchObject({ status: 200, body: { state: 'done', progress: { rows: 1, accepted: 1, failed: 0 } } })
    expect(await call('POST', `${path}/cancel`, {})).toMatchObject({ status: 409, body: { code: 'TENON_CONFLICT' } })
    expect(await call('POST', `${path}/resume`, {})).toMatchObject({ status: 409 })
    expect(await call('GET', '/v1/imports/018f0000-0000-7000-8000-000000000000')).toMatchObject({ status: 404 })
    const second = (await call('GET', '/v1/imports?limit=1')).body as { next: string }
    expect(await call('GET', `/v1/imports?limit=1&cursor=${second.next}`)).toMatchObject({
      status: 200,
      body: { imports: [{ key: 'orders.csv' }] },
    })
  })

  it('answers with codes to what it may not do', async () => {
    const mapping = { name: 'x' }
    const ask = (body: unknown) => call('POST', '/v1/imports/preview', body)
    expect(await ask({ source: { file: '../../etc/passwd' }, mapping })).toMatchObject({
      status: 422,
      body: { code: 'TENON_IMPORT_REFUSED' },
    })
    expect(await ask({ source: { url: 'http://127.0.0.1:1/x.csv' }, mapping })).toMatchObject({
      status: 422,
      body: { code: 'TENON_IMPORT_REFUSED' },
    })
    expect(await ask({ source: { file: 'x.csv' }, mapping: { colour: 1 } })).toMatchObject({
      status: 422,
      body: { code: 'TENON_IMPORT_INVALID', errors: [{ path: 'mapping' }] },
    })
    expect(await call('PUT', '/v1/imports/files/..%2Fx.csv', 'a')).toMatchObject({ status: 422 })
    expect((await fetch(`${server.address}/v1/imports/files/x.csv`, { method: 'PUT', body: 'a' })).status).toBe(401)
  })

  it('imports objects and a table with the commands of its table', { timeout: 120_000 }, async () => {
    const commands = [...guide.text.matchAll(/^\| `(tenon import (?:lake|shop):.*) …` \|/gm)].map(([, command]) => command)
    expect(commands).toHaveLength(2)
    for (const command of commands) {
      const done = await run(`${command} --mapping mapping.json`)
      expect(`${done.out}${done.err}`).toContain('done: 2 rows read, 2 accepted, 0 failed')
      expect(done.code).toBe(0)
    }
    expect((await call('GET', '/v1/imports?limit=2')).body).toMatchObject({
      imports: [
        { source: { connection: 'shop', table: 'orders', key: 'id' } },
        { source: { connection: 'lake', object: 'in/2026/*.parquet' } },
      ],
    })
    await call('POST', '/v1/evaluations', {})
    for (const customer of ['lake', 'shop'])
      expect((await call('GET', `/v1/profiles/user_id:${customer}/events`)).body).toMatchObject({
        events: [{ properties: { total: 2.5 } }, { properties: { total: 1.5 } }],
      })
  })
})

const COLUMNS = ['InvoiceNo', 'Customer', 'E-Mail', 'InvoiceDate', 'Total']

/** Orders as in the guide's file, of one customer. */
const orders = (customer: string): readonly (readonly string[])[] => [
  [`${customer}-1`, customer, `${customer}@example.com`, '02/12/2010 08:26', '1,5'],
  [`${customer}-2`, customer, `${customer}@example.com`, '02/12/2010 08:28', '2,5'],
]

/** A bucket that holds them as an object each. */
async function startLake(dir: string) {
  const [server, test] = await Promise.all([startRemoteS3(dir, ['lake']), readerUnderTest()])
  for (const [index, row] of orders('lake').entries()) {
    const select = `SELECT ${row.map((cell, column) => `'${cell}' AS \`${COLUMNS[column]}\``).join(', ')}`
    await server.put(test.reader, `lake/in/2026/${index}.parquet`, { select, format: 'Parquet' })
  }
  await test.close()
  const { endpoint, accessKey, secretKey } = server.connection('lake')
  return { url: `s3+http://${accessKey}:${secretKey}@${new URL(endpoint).host}/lake`, close: server.close }
}

/** A database that holds them as rows of a table. */
async function startShop() {
  const rows = orders('shop').map((row, id) => `(${id}, ${row.map((cell) => `'${cell}'`).join(', ')})`)
  const setUp = [
    `create table orders (id int primary key, ${COLUMNS.map((name) => `"${name}" text`).join(', ')})`,
    `insert into orders values ${rows.join(', ')}`,
  ]
  const { connection, close } = await startRemotePostgres({ password: 'geheim/1', setUp })
  const { host, port, database, user, password } = connection
  return { url: `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`, close }
}
