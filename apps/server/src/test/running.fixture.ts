import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Logger } from '@tenon/kernel/contracts'
import { ephemeralStores } from '@tenon/testing/stores'
import { type RunningServer, serve } from '../serve.ts'
import { readSettings } from '../settings.ts'

const writeKey = 'write-key-of-the-test'
const apiKey = 'api-key-of-the-test-1'
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export interface TestServer {
  readonly address: string
  readonly logged: readonly { readonly message: string; readonly fields: unknown }[]
  /** With the API key, unless `headers` say otherwise. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: unknown; readonly headers: Headers }>
  /** The body of an answer that must be 200. */
  get(path: string): Promise<Record<string, unknown>>
  /** With the write key. */
  track(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>
  /** Resolves once all that was sent is stored and evaluated. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** Where a server may live: empty stores and a folder, and the environment that names them. */
export interface TestPlace {
  readonly dataDir: string
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

export async function testPlace(env: Readonly<Record<string, string>> = {}): Promise<TestPlace> {
  const stores = await ephemeralStores()
  const dataDir = await mkdtemp(join(tmpdir(), 'tenon-server-'))
  return {
    dataDir,
    env: {
      TENON_DATABASE_URL: stores.databaseUrl,
      TENON_CLICKHOUSE_URL: stores.clickhouseUrl,
      TENON_DATA: dataDir,
      TENON_WRITE_KEY: writeKey,
      TENON_API_KEY: apiKey,
      PORT: '0',
      ...env,
    },
    async close() {
      await stores.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The retail edition on real stores of its own, on a free port of this machine. */
export async function startTestServer(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const place = await testPlace(env)
  const server = await startServerAt(place)
  return {
    ...server,
    async close() {
      await server.close()
      await place.close()
    },
  }
}

/** In a place that outlives the server. */
export async function startServerAt(
  { env: all, dataDir }: TestPlace,
  given?: Logger,
  clock: Clock = { now: () => new Date() },
): Promise<TestServer> {
  const logged: { message: string; fields: unknown }[] = []
  const logger = given ?? { ...silent, error: (message: string, fields: unknown = {}) => void logged.push({ message, fields }) }
  const server: RunningServer = await serve(readSettings(all, [], dataDir), { env: all, cwd: dataDir, clock, logger })
  const send = async (method: string, path: string, body: unknown, headers: Readonly<Record<string, string>>) => {
    const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const response = await fetch(`${server.address}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(raw === undefined ? {} : { body: raw }),
    })
    const text = await response.text()
    return { status: response.status, body: parsed(text), headers: response.headers }
  }
  const call: TestServer['call'] = (method, path, body, headers = {}) =>
    send(method, path, body, { authorization: `Bearer ${apiKey}`, ...headers })
  return {
    address: server.address,
    logged,
    call,
    async get(path) {
      const { status, body } = await call('GET', path)
      if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`)
      return body as Record<string, unknown>
    },
    track: (path, body) => send('POST', path, body, { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}` }),
    settle: async () => {
      const { status, body } = await call('POST', '/v1/evaluations', { train: true })
      if (status !== 200) throw new Error(`evaluations answered ${status}: ${JSON.stringify(body)}`)
    },
    close: () => server.stop(),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Pages, scripts and metrics are text.
    return text
  }
}
