import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { membershipsSource } from '../accounts/statements.ts'
import { event, migratedAnalytics, token } from '../analytics.fixture.ts'
import { type Engine, openEngine, type ParamValue } from '../engine/engine.ts'
import { interactive } from '../engine/limits.ts'
import { transitionsFeedSource } from '../sources.ts'

const analytics = migratedAnalytics()
const start = Date.UTC(2026, 0, 1)

let engine: Engine
beforeAll(() => {
  engine = openEngine({ clickhouseUrl: analytics.clickhouseUrl })
})
afterAll(() => engine.close())

/** How the engine will read: which index or projection, and how much of it. */
async function planOf(sql: string, params: Readonly<Record<string, ParamValue>>): Promise<string> {
  const lines: string[] = []
  const asked = { operation: 'a plan', sql: `EXPLAIN indexes = 1, projections = 1 ${sql}`, params, limits: interactive }
  for await (const page of engine.query<{ explain: string }>(asked)) lines.push(...page.map(({ explain }) => explain))
  return lines.join('\n')
}

describe('what is read in its own order', () => {
  it('is a page of the log of transitions, and no more than that of the log', async () => {
    const workspace = analytics.workspace()
    const { transitions } = analytics.store.in(workspace)
    const everybody = Array.from({ length: 20_000 }, (_, index) => 1 + index)
    const segments = ['a', 'b', 'c']
    for (const [index, segment] of segments.entries()) {
      const at = new Date(start + index)
      await transitions.record({ segment, enter: everybody, exit: [], at, evaluation: 'e', recordedAt: at })
    }
    const params = { workspace, recorded: start + 1, segment: 'b', profile: 19_990, limit: 20 }
    const plan = await planOf(`SELECT * FROM ${transitionsFeedSource('told')}`, params)
    expect(plan).toContain('ReadFromMergeTree (as_recorded)')
    expect(plan).toContain('Read type: InOrder')
    let cursor: string | undefined
    let seen = 0
    for (let page = await transitions.since({ limit: 7_000 }); page.rows.length > 0; ) {
      seen += page.rows.length
      cursor = page.cursor
      page = await transitions.since({ limit: 7_000, ...(cursor === undefined ? {} : { after: cursor }) })
    }
    expect(seen).toBe(segments.length * everybody.length)
  })

  it('are the few events about accounts, past all others', async () => {
    const workspace = analytics.workspace()
    const others = Array.from({ length: 6_000 }, (_, index) => event(workspace, 1 + index))
    const group = event(workspace, 3_000, { type: 'group', name: 'group', group: { id: 'acme', traits: {} } })
    const added = event(workspace, 3_001, { name: 'Account Added User', context: { groupId: 'acme' } })
    await analytics.store.insertEvents([...others, group, added], { token: token() })
    const plan = await planOf(`SELECT * FROM ${membershipsSource()}`, { workspace })
    expect(plan).toMatch(/Name: by_account[\s\S]*?Granules: 1\/\d+/)
    expect((await analytics.store.in(workspace).accounts.list({ limit: 10 })).rows).toEqual([{ type: 'account', id: 'acme', members: 2 }])
  })

  it('are a few of many messages by their ids, past all others', async () => {
    const workspace = analytics.workspace()
    const many = Array.from({ length: 12_000 }, (_, index) => event(workspace, 1 + index, { messageId: `by-id-${index}` }))
    await analytics.store.insertEvents(many, { token: token() })
    const sql = 'SELECT batch FROM events WHERE workspace = {workspace:String} AND message_id IN {messageIds:Array(String)}'
    const plan = await planOf(sql, { workspace, messageIds: ['by-id-5000', 'nobody', 'by-id-5001'] })
    expect(plan).toMatch(/Name: by_message[\s\S]*?Granules: [12]\/1[12]\b/)
  })
})
