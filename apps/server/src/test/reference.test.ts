import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

const api = join(import.meta.dirname, '../../../../packages/api/src')
/** What is no part of the API: the reference itself, and what plugins mount below their own names. */
const undescribed = [
  '/',
  '/docs',
  '/docs/',
  '/docs/assets/start.js',
  '/docs/assets/:file',
  '/docs/errors/:code',
  '/plugins/:instance/*',
  '/v1/*',
]

interface Operation {
  readonly summary?: string
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: BodySchema }>> }
}

interface BodySchema {
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, { readonly items?: BodySchema }>>
}

let server: TestServer
let operations: readonly (readonly [route: string, operation: Operation])[] = []
let description = ''

beforeAll(async () => {
  server = await startTestServer()
  const { openapi, paths } = await server.get('/openapi.json')
  expect(openapi).toBe('3.1.0')
  description = JSON.stringify(paths)
  operations = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  )
})
afterAll(() => server.close())

describe('the description of the API', () => {
  it('has the routes of the sources, with the key that they take', () => {
    const tracking = operations.filter(([, { security }]) => security?.some((scheme) => 'writeKey' in scheme)).map(([route]) => route)
    const calls = ['track', 'identify', 'page', 'screen', 'group', 'alias', 'batch', 'import']
    expect(tracking).toEqual(expect.arrayContaining(calls.map((call) => `POST /v1/${call}`)))
    expect(tracking).toContain('POST /api/s/{type}')
  })

  it('can not miss a route: what is not described is named here', async () => {
    const files = ['app.ts', ...(await readdir(join(api, 'routes'))).map((file) => join('routes', file))]
    const sources = await Promise.all(files.map((file) => readFile(join(api, file), 'utf8')))
    const plain = sources.flatMap((source) =>
      [...source.matchAll(/\.(?:get|post|put|patch|delete|all|on|use)\(\s*'(\/[^']*)'/g)].map(([, path = '']) => path),
    )
    expect([...new Set(plain)].sort()).toEqual([...undescribed].sort())
    const described = sources.flatMap((source) => [...source.matchAll(/^ {2}path: '(\/[^']*)'/gm)].map(([, path = '']) => path))
    expect(described.length).toBeGreaterThan(40)
    const known = new Set(operations.map(([route]) => route.split(' ')[1]))
    expect(described.filter((path) => !known.has(path))).toEqual([])
  })

  it('says of each route what it does and what its path takes', () => {
    for (const [route, { summary, parameters = [] }] of operations) {
      expect(summary, route).toMatch(/\S/)
      const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect(inPath.sort(), route).toEqual(names.sort())
    }
  })

  it('calls required what the server does not do without, and nothing else', async () => {
    const bodyOf = (route: string): BodySchema => {
      const schema = operations.find(([name]) => name === route)?.[1].requestBody?.content['application/json']?.schema
      if (schema === undefined) throw new Error(`${route} takes no JSON`)
      return schema
    }
    expect(bodyOf('PUT /v1/profiles/{profile}/consents').properties?.consents?.items?.required).toEqual(['purpose', 'state'])
    expect(bodyOf('POST /v1/messages').required?.toSorted()).toEqual(['content', 'profile', 'purpose'])
    expect(bodyOf('POST /v1/segments/preview').required).toEqual(['rule'])
    const sources = await Promise.all(
      ['routes', 'schemas'].map(async (folder) =>
        Promise.all((await readdir(join(api, folder))).map((file) => readFile(join(api, folder, file), 'utf8'))),
      ),
    )
    expect(sources.flat().filter((source) => source.includes('.exactOptional()'))).toEqual([])
  })

  it('refers to nothing that it lacks', async () => {
    const { components } = (await server.get('/openapi.json')) as { components: { schemas: object } }
    const named = [...`${description}${JSON.stringify(components)}`.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name)
    expect(named.filter((name) => name === undefined || !Object.hasOwn(components.schemas, name))).toEqual([])
  })
})

describe('the reference at /docs', () => {
  it('is served from this machine alone', async () => {
    const { status, body, headers } = await server.call('GET', '/docs')
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toContain("default-src 'self'")
    const places = [...String(body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, place = '']) => place)
    expect(places).toHaveLength(3)
    for (const place of places) {
      expect(place).toMatch(/^\/docs\/assets\/[\w.-]+$/)
      expect(await server.call('GET', place), place).toMatchObject({ status: 200 })
    }
  })

  it('has a page for the code of a problem, where the problem says', async () => {
    const { body } = await server.call('GET', '/v1/nothing')
    const { type, code } = body as { type: string; code: string }
    expect(await server.call('GET', type)).toMatchObject({ status: 200, body: expect.stringContaining(code) })
  })
})
