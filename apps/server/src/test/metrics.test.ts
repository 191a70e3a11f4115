import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '@tenon/testing/generator'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Figures, moved, readFigures, whenQuiet } from './figures.fixture.ts'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'

let place: TestPlace
let server: TestServer
let folder: string

const plugins = join(import.meta.dirname, '../../../../plugins')
const named = (plugin: string, as?: string, config: object = {}) => ({
  ...{ plugin: join(plugins, plugin, 'src/index.ts'), config },
  ...(as === undefined ? {} : { as }),
})
const fields = ['firstName', 'lastName', 'birthday', 'city'].map((trait) => ({
  ...{ key: trait.toLowerCase(), from: { trait } },
  kind: trait === 'birthday' ? 'date' : trait === 'city' ? 'text' : 'name',
}))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-metrics-'))
  await mkdir(join(folder, 'imports'))
  const edition = {
    name: 'measured',
    plugins: [
      ...['source-segment', 'identity-rules', 'consent-basic', 'tag-measure', 'segmenter-rules', 'benefit-coupon'].map((plugin) =>
        named(plugin),
      ),
      named('recommender-popular', 'popular'),
      // Not in the order in which they run.
      named('transform-pii', 'pii', { rules: [], maxDepth: 8, after: ['agents'] }),
      named('transform-user-agent', 'agents', { bots: 'drop' }),
      named('identity-linkage', 'linkage', { fields }),
      { plugin: join(import.meta.dirname, 'learning-tagger.fixture.ts'), as: 'learning' },
    ],
  }
  await writeFile(join(folder, 'edition.json'), JSON.stringify(edition))
  place = await testPlace({ TENON_EDITION: join(folder, 'edition.json'), TENON_IMPORTS: join(folder, 'imports') })
  server = await startServerAt(place)
}, 60_000)
afterAll(async () => {
  await server.close()
  await place.close()
  await rm(folder, { recursive: true, force: true })
})

async function ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
  const { status, body: answer } = await server.call(method, path, body)
  expect(status, `${method} ${path} → ${JSON.stringify(answer)}`).toBe(200)
  return answer as T
}

let message = 0
const send = async (...events: readonly object[]): Promise<void> => {
  const batch = events.map((event) => ({ messageId: `m-${message++}`, ...event }))
  expect((await server.track('/v1/batch', { batch })).status).toBe(200)
}
type Moves = (name: string) => Readonly<Record<string, number>>

/** What a piece of work, and all that follows from it, did to some metrics. */
async function during(work: () => Promise<unknown>): Promise<Moves> {
  const before: Figures = await whenQuiet(server)
  await work()
  const after = await whenQuiet(server)
  return (name) => moved(name, before, after)
}

const visit = (anonymousId: string) => ({ type: 'track', event: 'Visited', anonymousId })
const order = (userId: string, properties: object = {}) => ({ type: 'track', event: 'Order Completed', userId, properties })

// First: a minute after the start everybody is evaluated and matched by itself.
describe('metrics of audiences', () => {
  it('count evaluations, people, transitions and how late they are', async () => {
    const rule = { event: 'Subscribed', measure: 'count', gte: 1 }
    await ask('PUT', '/v1/segments/subscribers', { rule })
    const entered = await during(() => send({ type: 'track', event: 'Subscribed', userId: 's1' }))
    expect(entered('tenon_audience_transitions_total')).toEqual({ 'direction="enter"': 1 })
    expect(entered('tenon_audience_profiles_total')).toEqual({ 'scope="people"': 1 })
    expect(entered('tenon_audience_evaluation_seconds_count')).toEqual({ 'scope="people",outcome="done"': 1 })
    expect(entered('tenon_audience_lag_seconds_count')).toEqual({ '': 1 })

    const nothing = await during(() => send(order('s1')))
    expect(nothing('tenon_audience_lag_seconds_count')).toEqual({})

    const all = await during(() => ask('POST', '/v1/evaluations', {}))
    expect(all('tenon_audience_evaluation_seconds_count')).toEqual({ 'scope="everybody",outcome="done"': 1 })
    const left = await during(() => ask('DELETE', '/v1/segments/subscribers'))
    expect(left('tenon_audience_transitions_total')).toEqual({ 'direction="exit"': 1 })
  }, 60_000)

  it('count models that learn and models that do not', async () => {
    const moves = await during(async () => {
      await ask('PUT', '/v1/tags/learned', { kind: 'learning', definition: { learns: true } })
      await ask('PUT', '/v1/tags/unlearned', { kind: 'learning', definition: { learns: false } })
    })
    expect(moves('tenon_audience_fit_seconds_count')).toEqual({
      'type="tag",outcome="done"': 1,
      'type="tag",outcome="failed"': 1,
    })
    expect(moves('tenon_audience_failures_total')).toEqual({ 'type="tag",step="fit"': 1 })
  })
})

describe('metrics of identity', () => {
  it('count events by how their person was found, look-ups and identifiers that were not used', async () => {
    const first = await during(() => send(visit('a1'), visit('a1'), visit('a2'), visit('null')))
    expect(first('tenon_identity_events_total')).toEqual({ 'outcome="create"': 2, 'outcome="attach"': 1, 'outcome="anonymous"': 1 })
    expect(first('tenon_identity_dropped_total')).toEqual({ 'rule="blocked-value"': 1 })
    expect(first('tenon_identity_lookups_total')).toEqual({ 'outcome="miss"': 3 })

    const again = await during(() => send(visit('a1')))
    expect(again('tenon_identity_events_total')).toEqual({ 'outcome="attach"': 1 })
    expect(again('tenon_identity_lookups_total')).toEqual({ 'outcome="hit"': 1 })

    const joined = await during(() =>
      send({ type: 'identify', userId: 'u1', anonymousId: 'a1' }, { type: 'identify', userId: 'u1', anonymousId: 'a2' }),
    )
    expect(joined('tenon_identity_events_total')).toEqual({ 'outcome="attach"': 1, 'outcome="merge"': 1 })

    const repeated = { ...visit('a1'), messageId: 'twice' }
    const duplicate = await during(() => send(repeated, repeated))
    expect(duplicate('tenon_identity_events_total')).toEqual({ 'outcome="attach"': 1 })
  })

  it('count merges of operators and what is taken back', async () => {
    await send(order('u-left'), order('u-right'))
    await whenQuiet(server)
    const said = { by: 'an@example.com', reason: 'she wrote to us' }
    const moves = await during(async () => {
      const { merge } = await ask('POST', '/v1/profiles/user_id:u-left/merge', { with: 'user_id:u-right', ...said })
      await ask('POST', '/v1/profiles/user_id:u-left/unmerge', { merge })
      await server.call('POST', '/v1/profiles/user_id:u-left/unmerge', { merge })
    })
    expect(moves('tenon_identity_merges_total')).toEqual({ 'by="operator"': 1 })
    expect(Object.entries(moves('tenon_identity_unmerges_total'))).toHaveLength(2)
    expect(moves('tenon_identity_unmerges_total')).toMatchObject({ 'outcome="done"': 1 })
  })

  it('count what matchers propose, what waits, and what is decided', async () => {
    const chance = random(3)
    const word = (): string => Array.from({ length: 7 }, () => 'bcdfghklmnprstvaeiou'[chance.integer(0, 19)]).join('')
    const people = Array.from({ length: 90 }, (_, index) => {
      const birthday = `19${chance.integer(50, 99)}-0${chance.integer(1, 9)}-${chance.integer(10, 28)}`
      return { anonymousId: `visitor-${index}`, traits: { firstName: word(), lastName: word(), birthday, city: word() } }
    })
    const again = people.slice(0, 30).map(({ anonymousId, traits }) => ({ anonymousId: `${anonymousId}-again`, traits }))
    await send(...[...people, ...again].map((one) => ({ type: 'identify', ...one })))
    let proposed = 0
    const run = await during(async () => {
      const { matched } = await ask<{ matched: readonly { proposed: number }[] }>('POST', '/v1/evaluations', { train: true })
      proposed = matched[0]?.proposed ?? 0
    })
    expect(proposed).toBeGreaterThan(25)
    expect(run('tenon_match_proposals_total')).toEqual({ 'instance="linkage"': proposed })
    expect(run('tenon_match_run_seconds_count')).toEqual({ 'instance="linkage",outcome="done"': 1 })
    expect(run('tenon_match_queue')).toEqual({ 'workspace="main",instance="linkage"': proposed })

    const { matches } = await ask<{ matches: readonly { id: number }[] }>('GET', '/v1/matches?limit=3')
    const decided = await during(async () => {
      for (const [index, { id }] of matches.entries())
        await ask('POST', `/v1/matches/${id}/decision`, { decision: index === 0 ? 'accept' : 'reject', by: 'bo' })
    })
    expect(decided('tenon_match_decisions_total')).toEqual({
      'instance="linkage",decision="accepted"': 1,
      'instance="linkage",decision="rejected"': 2,
    })
    expect(decided('tenon_identity_merges_total')).toEqual({ 'by="review"': 1 })
    expect(decided('tenon_match_queue')).toEqual({ 'workspace="main",instance="linkage"': -3 })

    const merged = await during(async () => {
      await ask('PUT', '/v1/matchers/linkage/limits', { review: 0.9, merge: 0.9 })
      await ask('POST', '/v1/evaluations', { train: true })
    })
    const count = merged('tenon_match_decisions_total')['instance="linkage",decision="merged"']
    expect(count).toBeGreaterThan(20)
    expect(merged('tenon_identity_merges_total')).toEqual({ 'by="limits"': count })
  }, 60_000)
})

describe('metrics of consent', () => {
  it('count decisions by purpose and outcome', async () => {
    await send(order('asked'))
    await whenQuiet(server)
    const recommend = () => ask('POST', '/v1/recommendations', { scene: 'home', profile: 'user_id:asked' })
    const personal = (moves: Moves) =>
      Object.entries(moves('tenon_consent_decisions_total')).filter(([labels]) => labels.includes('personalise'))
    const granted = await during(recommend)
    expect(personal(granted)).toEqual([['purpose="personalise",outcome="granted"', 1]])
    await ask('PUT', '/v1/profiles/user_id:asked/consents', { consents: [{ purpose: 'personalise', state: 'denied' }] })
    const refused = await during(recommend)
    expect(personal(refused)).toEqual([['purpose="personalise",outcome="refused"', 1]])
  })
})

describe('metrics of tracking plans and replays', () => {
  it('count what was checked, and what became of it when it was sent once more', async () => {
    const path = '/v1/tracking-plans/shop'
    const plan = (mode: string) => ({
      plan: { mode, unplannedEvents: 'allow', events: [{ name: 'Paid', properties: { type: 'object', required: ['total'] } }] },
    })
    await ask('PUT', path, plan('quarantine'))
    const paid = (userId: string, properties: object) => ({ type: 'track', event: 'Paid', userId, properties })
    // A change holds within a second.
    const checked = async (properties: object) => (await during(() => send(paid('probe', properties))))('tenon_plan_events_total')
    await expect.poll(() => checked({ total: 0 }), { timeout: 10_000 }).toEqual({ 'outcome="fits"': 1 })
    const kept = await during(() => send(paid('payer', { total: 1 }), paid('unpaid', {}), paid('payer', { total: 2 })))
    expect(kept('tenon_plan_events_total')).toEqual({ 'outcome="fits"': 2, 'outcome="quarantine"': 1 })
    const replay = async () => {
      const { id } = await ask<{ id: string }>('POST', '/v1/replays', { filter: { stage: 'plan', text: 'unpaid' } })
      await expect.poll(async () => (await ask('GET', `/v1/replays/${id}`)).state, { timeout: 10_000 }).toBe('done')
    }
    const again = await during(replay)
    expect(again('tenon_replay_attempts_total')).toEqual({ 'outcome="failed"': 1 })
    await ask('DELETE', path)
    await ask('PUT', '/v1/tracking-plans/second', plan('flag'))
    await expect.poll(() => checked({}), { timeout: 10_000 }).toEqual({ 'outcome="flag"': 1 })
    const flagged = await during(replay)
    expect(flagged('tenon_replay_attempts_total')).toEqual({ 'outcome="stored"': 1 })
    expect(flagged('tenon_plan_events_total')).toEqual({ 'outcome="flag"': 1 })
    await ask('DELETE', '/v1/tracking-plans/second')
  }, 60_000)
})

describe('metrics of transformations and plugins', () => {
  it('count events by what was done to them in the order of the graph, and calls', async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`) as object
    const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
    const robot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
    const by = (userAgent: string) => ({ ...order('agent'), context: { userAgent } })
    const moves = await during(() => send(by(browser), by(robot), order('agent', deep), order('agent')))
    expect(moves('tenon_transformation_events_total')).toEqual({
      'instance="agents",outcome="changed"': 1,
      'instance="agents",outcome="dropped"': 1,
      'instance="agents",outcome="kept"': 2,
      'instance="pii",outcome="failed"': 1,
      'instance="pii",outcome="kept"': 2,
    })
    expect(moves('tenon_transformation_seconds_count')).toEqual({ 'instance="agents"': 1, 'instance="pii"': 1 })
    const calls = moves('tenon_plugin_calls_total')
    expect(Object.entries(calls).filter(([labels]) => labels.includes('"agents"'))).toEqual([
      ['instance="agents",operation="transform",outcome="ok"', 1],
    ])
    expect(moves('tenon_plugin_call_seconds_count')).toMatchObject({ 'instance="agents",operation="transform"': 1 })
  })
})

describe('metrics of decisions', () => {
  it('count answers, candidates, fallbacks and what is empty', async () => {
    const recommend = () => ask('POST', '/v1/recommendations', { scene: 'home', limit: 2 })
    const empty = await during(recommend)
    expect(empty('tenon_recommendation_seconds_count')).toEqual({ 'scene="home",outcome="empty"': 1 })
    expect(empty('tenon_recommendation_candidates_total')).toEqual({})

    const items = ['tea', 'cup', 'pot'].map((id) => ({ id, title: id, categories: ['kitchen'], price: 1, available: true }))
    await ask('PUT', '/v1/items', { items })
    const bought = (userId: string) => order(userId, { products: items.map(({ id }) => ({ product_id: id, price: 1, quantity: 1 })) })
    await send(...['b1', 'b2', 'b3'].map(bought))
    const trained = await during(() => ask('POST', '/v1/evaluations', { train: true }))
    expect(trained('tenon_recommendation_training_seconds_count')).toEqual({ 'instance="popular",outcome="done"': 1 })
    // Items are remembered for a second.
    await expect.poll(async () => (await recommend()).items, { timeout: 10_000 }).toHaveLength(2)
    const full = await during(recommend)
    expect(full('tenon_recommendation_seconds_count')).toEqual({ 'scene="home",outcome="full"': 1 })
    expect(full('tenon_recommendation_fallbacks_total')).toEqual({ 'scene="home",instance="popular"': 1 })
    expect(full('tenon_recommendation_candidates_total')).toEqual({ 'instance="popular",role="fallback"': 3 })
    const unknown = await during(() => server.call('POST', '/v1/recommendations', { scene: 'nowhere' }))
    expect(unknown('tenon_recommendation_seconds_count')).toEqual({})
  }, 60_000)

  it('count benefits by command, outcome and reason', async () => {
    const path = '/v1/benefits/thanks'
    await send(order('holder'))
    await ask('PUT', path, { terms: { discount: { type: 'fixed', amount: 500 }, currency: 'USD' }, perPerson: 1 })
    const moves = await during(async () => {
      const issue = (idempotencyKey: string) =>
        ask<{ grants: readonly { code: string }[] }>('POST', `${path}/issue`, { profile: 'user_id:holder', idempotencyKey })
      const { grants } = await issue('one')
      await issue('one')
      await issue('two')
      const basket = { id: 'o-9', currency: 'USD', total: 2_000 }
      for (let times = 0; times < 2; times++) await ask('POST', `${path}/redeem`, { code: grants[0]?.code, basket })
    })
    expect(moves('tenon_benefit_commands_total')).toEqual({
      'command="issue",outcome="done",reason=""': 1,
      'command="issue",outcome="replayed",reason=""': 1,
      'command="issue",outcome="refused",reason="PERSON_LIMIT"': 1,
      'command="redeem",outcome="done",reason=""': 1,
      'command="redeem",outcome="refused",reason="ALREADY_REDEEMED"': 1,
    })
  })
})

describe('metrics of imports', () => {
  it('count rows and how imports end', async () => {
    await writeFile(join(folder, 'imports/orders.csv'), 'id,who,total\n1,i1,10\n2,i2,20\n3,i3,much\n4,i4,40\n')
    const mapping = {
      ...{ name: 'Imported', identifiers: { user_id: 'who' }, messageId: { columns: ['id'] } },
      properties: { total: { column: 'total', as: 'number' } },
    }
    const endsAs = async (file: string, outcome: string): Promise<void> => {
      const { id } = await ask<{ id: string }>('POST', '/v1/imports', { source: { file }, mapping })
      await expect.poll(async () => (await ask('GET', `/v1/imports/${id}`)).state, { timeout: 20_000 }).toBe(outcome)
    }
    const moves = await during(async () => {
      await endsAs('orders.csv', 'done')
      await endsAs('nothing.csv', 'failed')
    })
    expect(moves('tenon_import_rows_total')).toEqual({ 'outcome="accepted"': 3, 'outcome="failed"': 1 })
    expect(moves('tenon_imports_ended_total')).toEqual({ 'outcome="done"': 1, 'outcome="failed"': 1 })
    expect((await readFigures(server)).get('tenon_imports{workspace="main",state="running"}')).toBe(0)
  }, 60_000)
})

describe('metrics while Postgres does not answer', () => {
  it('are there, without what only Postgres knows', async () => {
    const complete = async () => (await readFigures(server)).get('tenon_scrape_complete')
    expect(await complete()).toBe(1)
    const postgres = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL })
    await postgres.connect()
    await postgres.query('begin; lock table tenon.replays in access exclusive mode')
    const figures = await readFigures(server)
    expect(figures.get('tenon_scrape_complete')).toBe(0)
    expect(figures.get('tenon_events_total{state="in_log"}')).toBe(0)
    expect([...figures.keys()].filter((series) => series.startsWith('tenon_imports{'))).toEqual([])
    await postgres.query('rollback')
    await expect.poll(complete, { timeout: 10_000 }).toBe(1)
    await postgres.query('alter table tenon.replays rename to replays_gone')
    expect(await complete()).toBe(0)
    await postgres.query('alter table tenon.replays_gone rename to replays')
    await postgres.end()
    expect(await complete()).toBe(1)
  }, 60_000)

  it('do not say that nothing waits in a log that nobody has counted', async () => {
    await server.close()
    const postgres = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL })
    await postgres.connect()
    await postgres.query('begin; lock table tenon.ingest_streams in access exclusive mode')
    server = await startServerAt(place)
    await send({ type: 'track', event: 'Waits', userId: 'waits' })
    const figures = await readFigures(server)
    const told = (all: Figures) => [...all.keys()].filter((series) => /^tenon_(events_total|log_oldest_seconds)/.test(series)).length
    expect([told(figures), figures.get('tenon_scrape_complete')]).toEqual([0, 0])
    await postgres.query('rollback')
    await postgres.end()
    expect(told(await whenQuiet(server))).toBe(7)
    expect((await ask<{ process: { inLog: number } }>('GET', '/v1/conservation')).process.inLog).toBe(0)
  }, 60_000)
})
