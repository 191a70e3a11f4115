import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineUnderTest, engineUnderTest } from './engine.fixture.ts'

describe.skipIf(process.env.TENON_CLICKHOUSE_URL !== undefined)('the front of the embedded engine', () => {
  let engine: EngineUnderTest
  let base: URL
  beforeAll(async () => {
    engine = await engineUnderTest()
    base = new URL(engine.url)
  }, 60_000)
  afterAll(() => engine.close())

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') => fetch(`${base.origin}${path}`, { method, headers })
  const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })
  const mine = () => basic(base.username, base.password)

  it('listens on the loopback address alone', () => {
    expect(base.hostname).toBe('127.0.0.1')
  })

  it('lets in only who knows the password', async () => {
    const path = '/?query=SELECT%201'
    const answers = await Promise.all([
      get(path),
      get(path, basic('default', 'wrong')),
      get(path, basic('default', `${base.password}x`)),
      get(path, basic('other', base.password)),
      get(path, { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': 'wrong' }),
      get(`${path}&user=default&password=wrong`),
      get(path, { authorization: 'Bearer x' }),
      get(path, { authorization: 'Basic %%%' }),
    ])
    expect(answers.map((answer) => `${answer.status} ${answer.headers.get('x-clickhouse-exception-code')}`)).toEqual([
      '401 194',
      ...Array.from({ length: 5 }, () => '403 516'),
      '401 194',
      '401 194',
    ])
    expect(await answers[1]?.text()).toMatch(/^Code: 516\. DB::Exception: default: Authentication failed.*\(AUTHENTICATION_FAILED\)/)
    for (const headers of [mine(), { 'X-ClickHouse-User': base.username, 'X-ClickHouse-Key': base.password }]) {
      expect(await (await get(path, headers)).text()).toBe('1\n')
    }
    await expect(engine.connect({ url: base.origin, password: 'wrong' }).query({ query: 'SELECT 1' })).rejects.toMatchObject({
      code: '516',
    })
  })

  it('does not let a GET change anything', async () => {
    const answer = await get(`/?query=${encodeURIComponent('CREATE TABLE x (a UInt8) ENGINE = Memory')}`, mine())
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('164')
  })

  it('says what it does not support', async () => {
    await expect(engine.client.query({ query: 'SELECT 1', session_id: 'a' })).rejects.toMatchObject({ code: '48', type: 'NOT_IMPLEMENTED' })
    await expect(engine.client.query({ query: 'SELECT 1', role: 'a' })).rejects.toMatchObject({ code: '48' })
    expect((await get('/?query=SELECT%201&compress=1', mine())).status).toBe(501)
    expect((await get('/play', mine())).status).toBe(404)
    expect((await get('/', mine(), 'PUT')).status).toBe(501)
  })

  it('is not confused by what an address may carry', async () => {
    const name = encodeURIComponent('max_threads = 1, readonly')
    expect((await get(`/?query=SELECT%201&${name}=0`, mine())).headers.get('x-clickhouse-exception-code')).toBe('115')
    const id = encodeURIComponent('*/ ; DROP DATABASE x; /*')
    const answer = await get(`/?query=SELECT%201&query_id=${id}`, mine())
    expect(await answer.text()).toBe('1\n')
    expect(answer.headers.get('x-clickhouse-query-id')).toMatch(/^[0-9a-f-]{36}$/)
    const value = encodeURIComponent("1'; DROP DATABASE x; --")
    expect((await get(`/?query=SELECT%201&max_threads=${value}`, mine())).status).toBe(400)
    expect((await get(`/?query=SELECT%201&database=${encodeURIComponent('`; DROP DATABASE x')}`, mine())).status).toBe(404)
    expect((await get('/?query=%00%FF', mine())).status).toBe(400)
    expect((await get('/', mine())).status).toBe(400)
  })

  it('survives requests that are no HTTP', async () => {
    for (const bytes of [
      '\0\xff\r\n\r\n',
      'GET //[ HTTP/1.1\r\nHost: x\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(base.port), '127.0.0.1', () => socket.end(bytes, 'latin1'))
        socket.on('close', () => resolve())
        socket.on('error', () => resolve())
        socket.resume()
      })
    }
    expect(await engine.client.ping()).toEqual({ success: true })
    expect(await (await get('/?query=SELECT%201', mine())).text()).toBe('1\n')
  })

  it('takes no longer field than a server', async () => {
    const client = engine.connect({ use_multipart_params_auto: true })
    const lengthOf = (text: string) =>
      client
        .query({ query: 'SELECT length({text:String}) AS n', query_params: { text }, format: 'JSONEachRow' })
        .then((result) => result.json())
    expect(await lengthOf('x'.repeat(131_072))).toEqual([{ n: 131_072 }])
    await expect(lengthOf('x'.repeat(131_073))).rejects.toThrow('Field value too long')
    await expect(lengthOf('榫'.repeat(50_000))).rejects.toThrow('Field value too long')
    const addressOf = (bytes: number) => get(`/?query=SELECT%20length({text:String})&param_text=${'x'.repeat(bytes)}`, mine())
    expect(await (await addressOf(131_072)).text()).toBe('131072\n')
    expect([(await addressOf(131_073)).status, (await addressOf(131_073)).headers.get('x-clickhouse-exception-code')]).toEqual([
      500,
      '1000',
    ])
  })

  it('bounds what it holds in memory', async () => {
    const query = `SELECT '${'x'.repeat(5 * 1024 * 1024)}'`
    await expect(engine.client.query({ query })).rejects.toMatchObject({ code: '735' })
    const whole = engine.client.query({ query: 'SELECT repeat(toString(number), 200) AS s FROM numbers(1000000)', format: 'JSON' })
    await expect(whole).rejects.toMatchObject({ code: '396' })
  }, 30_000)
})
