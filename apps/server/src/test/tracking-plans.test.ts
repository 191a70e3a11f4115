import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const path = '/v1/tracking-plans/shop'
const order = (total: object) => ({ name: 'Order Completed', properties: { type: 'object', required: ['total'], properties: { total } } })
const answer = async (method: string, at: string, body?: unknown) => {
  const { status, body: said } = await server.call(method, at, body)
  return { status, ...(said as object) }
}

describe('tracking plans over HTTP', () => {
  it('are made, tried, changed, listed and retired', async () => {
    const made = await answer('PUT', path, { plan: { mode: 'flag', unplannedEvents: 'quarantine', events: [order({ type: 'number' })] } })
    expect(made).toMatchObject({ status: 200, version: 1, plan: { mode: 'flag', unplannedProperties: 'allow' } })
    const check = (name: string, properties: object) => answer('POST', `${path}/check`, { name, properties })
    expect(await check('Order Completed', { total: 1 })).toMatchObject({ outcome: 'fits', violations: [] })
    expect(await check('Order Completed', { total: 'a' })).toMatchObject({
      outcome: 'flag',
      violations: [{ rule: 'type', field: 'properties.total' }],
    })
    expect(await check('Order Complete', {})).toMatchObject({ outcome: 'quarantine', violations: [{ rule: 'unplanned-event' }] })
    expect(await answer('PUT', path, { plan: { events: [] }, ifVersion: 7 })).toMatchObject({ status: 409, code: 'TENON_CONFLICT' })
    expect(await answer('PUT', '/v1/tracking-plans/other', { plan: {} })).toMatchObject({ status: 409, code: 'TENON_CONFLICT' })
    expect(await answer('PUT', '/v1/tracking-plans/app', { plan: { sources: ['app'] } })).toMatchObject({ status: 200 })
    expect(await answer('GET', '/v1/tracking-plans')).toMatchObject({ trackingPlans: [{ key: 'app' }, { key: 'shop' }] })
    const hostile = await answer('PUT', path, { plan: { events: [{ ...order({ $ref: 'https://evil.example/' }) }], mod: 'flag' } })
    expect(hostile).toMatchObject({ status: 422, code: 'TENON_DEFINITION_INVALID' })
    expect(await answer('PUT', path, { plan: { mode: 'flag', events: [order({ type: 'string', pattern: '(a)\\1' })] } })).toMatchObject({
      ...{ status: 422, errors: [{ path: expect.stringMatching(/^plan\.events\[0\]\.properties\.properties\.total\.pattern$/) }] },
    })
    expect(await answer('DELETE', path)).toMatchObject({ status: 200, retired: true })
    expect(await answer('GET', path)).toMatchObject({ status: 404, code: 'TENON_NOT_FOUND' })
    expect(await answer('GET', `${path}/versions`)).toMatchObject({
      versions: [
        { version: 2, retired: true },
        { version: 1, retired: false },
      ],
    })
    expect(await answer('GET', '/v1/tracking-plans/nobody/versions')).toMatchObject({ status: 404 })
  })
})
