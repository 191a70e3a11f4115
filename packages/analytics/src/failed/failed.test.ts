import { createClient } from '@clickhouse/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { migratedAnalytics, nastyText, token } from '../analytics.fixture.ts'
import { AnalyticsCursorInvalid } from '../errors.ts'
import type { FailedEvent } from '../writer/failed-event-format.ts'

const analytics = migratedAnalytics()
const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms)

const failed = (workspace: string, id: string, says: Partial<FailedEvent> = {}): FailedEvent => ({
  id,
  workspace,
  source: 'web',
  state: 'open',
  attempt: 0,
  step: 0,
  stage: 'accept',
  code: 'NO_IDENTIFIER',
  reason: "it's nobody's",
  payload: '{"a": "\\u0000"',
  format: 'source',
  receivedAt: at(0),
  batch: 1,
  at: at(0),
  actor: '',
  ...says,
})

const ids = (page: { readonly rows: readonly FailedEvent[] }): readonly string[] => page.rows.map(({ id }) => id)

describe('failed events', () => {
  it('come in the order of receipt, once each, in pages', async () => {
    const workspace = analytics.workspace()
    const rows = [
      failed(workspace, 'a', { receivedAt: at(1) }),
      failed(workspace, 'b', { receivedAt: at(2), stage: 'identity', messageId: 'm', event: 'Order' }),
      failed(workspace, 'c', { receivedAt: at(2), code: 'INVALID_TIMESTAMP', cut: true }),
    ]
    await analytics.store.insertFailed(rows, { token: token() })
    await analytics.store.insertFailed(rows.slice(0, 2), { token: token() })
    const read = analytics.store.in(workspace)
    const first = await read.failedEvents({ limit: 2 })
    expect(first.rows).toEqual([rows[2], rows[1]])
    expect(await read.failedEvents({ limit: 2, cursor: first.next ?? '' })).toEqual({ rows: [rows[0]] })
    const oldest = await read.failedEvents({ limit: 2, order: 'oldest' })
    expect(oldest.rows).toEqual([rows[0], rows[1]])
    expect(ids(await read.failedEvents({ limit: 2, order: 'oldest', cursor: oldest.next ?? '' }))).toEqual(['c'])
    await expect(read.failedEvents({ limit: 9, cursor: 'no' })).rejects.toSatisfy(AnalyticsCursorInvalid.is)
  })

  it('are found by every filter, as they are now', async () => {
    const workspace = analytics.workspace()
    const rows = [
      failed(workspace, 'a', { stage: 'identity', code: 'X', event: 'Order', payload: 'Größe', receivedAt: at(5) }),
      failed(workspace, 'b', { source: 'app', receivedAt: at(6), reason: 'no Total' }),
      failed(workspace, 'c', { receivedAt: at(7) }),
      failed(workspace, 'c', { receivedAt: at(7), attempt: 1, stage: 'plan', code: 'PLAN_VIOLATION', at: at(50) }),
      failed(workspace, 'd', { receivedAt: at(8) }),
      failed(workspace, 'd', { receivedAt: at(8), attempt: 1, state: 'replayed', payload: '', at: at(51) }),
      failed(workspace, 'e', { receivedAt: at(9), attempt: 9 }),
      failed(workspace, 'e', { receivedAt: at(9), attempt: 10, step: 2, payload: 'newest' }),
      failed(workspace, 'e', { receivedAt: at(9), attempt: 10, step: 1 }),
    ]
    await analytics.store.insertFailed(rows, { token: token() })
    const read = analytics.store.in(workspace)
    const found = async (filter: object) => ids(await read.failedEvents({ limit: 9, ...filter }))
    expect(await found({})).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect(await found({ state: 'replayed' })).toEqual(['d'])
    expect(await found({ stage: 'accept', state: 'open' })).toEqual(['e', 'b'])
    expect(await found({ stage: 'plan', code: 'PLAN_VIOLATION' })).toEqual(['c'])
    expect(await found({ source: 'app' })).toEqual(['b'])
    expect(await found({ event: 'Order' })).toEqual(['a'])
    expect(await found({ text: 'GRÖSSE' })).toEqual([])
    expect(await found({ text: 'grö' })).toEqual(['a'])
    expect(await found({ text: 'TOTAL' })).toEqual(['b'])
    expect(await found({ text: 'newest' })).toEqual(['e'])
    expect(await found({ from: at(6), until: at(8) })).toEqual(['c', 'b'])
    expect(await read.countFailedEvents({ state: 'open' })).toMatchObject([
      { stage: 'accept', code: 'NO_IDENTIFIER', events: 2, firstAt: at(6), lastAt: at(9) },
      { stage: 'identity', code: 'X', events: 1 },
      { stage: 'plan', code: 'PLAN_VIOLATION', events: 1 },
    ])
    expect((await read.failedEvent('e')).map(({ attempt, step }) => [attempt, step])).toEqual([
      [10, 2],
      [10, 1],
      [9, 0],
    ])
    expect(await read.failedEvent('nobody')).toEqual([])
  })

  it('of a version that did not say so are cut where their payloads show it', async () => {
    const workspace = analytics.workspace()
    const client = createClient({ url: analytics.clickhouseUrl })
    const payload = "concat(repeat('x', 65536), if(number = 0, '…', if(number = 1, '.', '')))"
    await client.command({
      query: `INSERT INTO failed_events (workspace, received_at, id, stage, payload)
SELECT {workspace:String}, toDateTime64(1767225600 + number, 3), toString(number), 'accept', ${payload} FROM numbers(3)`,
      query_params: { workspace },
    })
    await client.close()
    const { rows } = await analytics.store.in(workspace).failedEvents({ limit: 9 })
    expect(rows.map(({ id, cut }) => [id, cut])).toEqual([
      ['2', undefined],
      ['1', undefined],
      ['0', true],
    ])
  })

  it('are discarded by a filter, once, and keep what happened before', async () => {
    const workspace = analytics.workspace()
    await analytics.store.insertFailed(
      [
        ...Array.from({ length: 50 }, (_, index) =>
          failed(workspace, `x${index}`, { receivedAt: at(index), code: index < 30 ? 'A' : 'B' }),
        ),
        failed(workspace, 'settled', { code: 'A' }),
        failed(workspace, 'settled', { code: 'A', attempt: 1, state: 'replayed' }),
      ],
      { token: token() },
    )
    const read = analytics.store.in(workspace)
    for (const _ of [1, 2]) await analytics.store.discardFailed({ workspace, filter: { code: 'A' }, actor: 'an' })
    const states = await read.countFailedEvents({})
    expect(states.map(({ state, code, events }) => [state, code, events])).toEqual([
      ['discarded', 'A', 30],
      ['open', 'B', 20],
      ['replayed', 'A', 1],
    ])
    const [last, first, ...others] = await read.failedEvent('x3')
    expect([last, first, others.length]).toMatchObject([
      { state: 'discarded', step: 1, actor: 'an', payload: '' },
      { state: 'open', actor: '' },
      0,
    ])
  })

  it('lose their content where it is forbidden, and nothing else does', async () => {
    const workspace = analytics.workspace()
    const rows = [failed(workspace, 'a'), failed(workspace, 'a', { step: 1, payload: 'corrected' }), failed(workspace, 'b')]
    await analytics.store.insertFailed(rows, { token: token() })
    for (const _ of [1, 2]) await analytics.store.forgetFailed({ workspace, ids: ['a', 'nobody'], from: at(0), until: at(0) })
    const read = analytics.store.in(workspace)
    expect((await read.failedEvent('a')).map(({ payload, reason }) => payload + reason)).toEqual(['', ''])
    expect((await read.failedEvent('b')).map(({ payload }) => payload)).toEqual([rows[2]?.payload])
  })

  it('lose their content at the end of the retention; the settled ones go', async () => {
    const workspace = analytics.workspace()
    const old = { receivedAt: new Date('2025-11-01T00:00:00Z') }
    await analytics.store.insertFailed(
      [
        failed(workspace, 'open', old),
        failed(workspace, 'settled', old),
        failed(workspace, 'settled', { ...old, attempt: 1, state: 'duplicate' }),
        failed(workspace, 'young'),
        failed(workspace, 'young-settled'),
        failed(workspace, 'young-settled', { attempt: 1, state: 'replayed' }),
      ],
      { token: token() },
    )
    for (const _ of [1, 2]) await analytics.store.expireFailed({ before: new Date('2025-12-01T00:00:00Z') })
    const { rows } = await analytics.store.in(workspace).failedEvents({ limit: 9 })
    expect(rows.map(({ id, payload, code }) => [id, payload === '', code])).toEqual([
      ['young-settled', false, 'NO_IDENTIFIER'],
      ['young', false, 'NO_IDENTIFIER'],
      ['open', true, 'NO_IDENTIFIER'],
    ])
  })

  it('hold and find any text', async () => {
    const workspace = analytics.workspace()
    await fc.assert(
      fc.asyncProperty(fc.uuid(), nastyText, nastyText, async (id, payload, event) => {
        await analytics.store.insertFailed([failed(workspace, id, { payload, event, actor: payload })], { token: token() })
        const read = analytics.store.in(workspace)
        const [row] = await read.failedEvent(id)
        expect(row).toMatchObject({ payload: payload.toWellFormed(), actor: payload.toWellFormed() })
        const found = await read.failedEvents({ limit: 1000, event: event.toWellFormed(), text: payload.toWellFormed(), source: 'web' })
        expect(ids(found)).toContain(id)
      }),
      { numRuns: 25 },
    )
  })
})
