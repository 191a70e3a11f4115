import type { Clock } from '@tenon/kernel/contracts'
import { generateCustomers, type PersonTruth, type SegmentMessage } from '@tenon/testing/generator'
import { z } from 'zod'
import { progressBar } from './progress-bar.ts'
import { firstWorkspace, type RunningServer } from './serve.ts'

const people = 2_000
const days = 180
const batchSize = 200
const lanes = 2
const dayMs = 86_400_000

/** The made-up customers of this installation. */
export interface Sample {
  /** Somebody to look at first, as `type:value`. */
  readonly person: string
}

interface Target {
  readonly address: string
  readonly writeKey: string
  readonly apiKey: string
}

interface Loading {
  readonly clock: Clock
  readonly out: NodeJS.WriteStream
  readonly signal: AbortSignal
}

const stateKey = 'server.sample'
const state = z.union([z.object({ to: z.iso.datetime() }), z.object({ person: z.string() })])

/**
 * The sample of an installation that is new, or that has one. Loading that was stopped goes on with the same customers: what arrived
 * before is recognised and not stored again. Undefined where there is none, and where the signal ends it.
 */
export async function ensureSample(
  { address, isNew, store }: Pick<RunningServer, 'address' | 'isNew' | 'store'>,
  loading: Loading & { readonly wanted: boolean },
): Promise<Sample | undefined> {
  const { kv } = store.in(firstWorkspace)
  const found = state.optional().parse(await kv.get(stateKey))
  if (found !== undefined && 'person' in found) return found
  if (!loading.wanted || (found === undefined && !isNew)) return undefined
  const to = found?.to ?? loading.clock.now().toISOString()
  await kv.set(stateKey, { to })
  // Keys of its own: those of the owner are known at the first start alone.
  const key = { workspace: firstWorkspace, name: 'sample' }
  const write = await store.keys.create({ ...key, kind: 'write', source: 'default' })
  const api = await store.keys.create({ ...key, kind: 'api' })
  try {
    const sample = await loadSample({ address, writeKey: write.secret, apiKey: api.secret }, new Date(to), loading)
    if (sample !== undefined) await kv.set(stateKey, { ...sample })
    return sample
  } finally {
    for (const { id } of [write, api]) await store.keys.revoke({ workspace: firstWorkspace, id })
  }
}

/** Through the API that everybody uses. */
async function loadSample(target: Target, to: Date, { out, signal }: Loading): Promise<Sample | undefined> {
  const customers = generateCustomers({ seed: 42, people, from: new Date(to.getTime() - days * dayMs), to })
  const truth = [...customers.truth()]
  const total = truth.reduce((sum, { messages }) => sum + messages, 0)
  const call = caller(target)

  await call('PUT', '/v1/items', { items: customers.catalogue.items })
  const bar = progressBar({ out, label: `Loading a sample of ${people} made-up customers`, total })
  let sent = 0
  const messages = customers.messages()
  const lane = async () => {
    for (let batch = take(messages, batchSize); batch.length > 0 && !signal.aborted; batch = take(messages, batchSize)) {
      await call('POST', '/v1/batch', { batch })
      sent += batch.length
      bar.update(sent)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  if (signal.aborted) return undefined
  bar.done('storing, computing tags and segments, training recommenders')
  for (const [path, body] of definitions) await call('PUT', path, body)
  await call('POST', '/v1/evaluations', { train: true })
  out.write(`Loaded ${sent} events.\n`)
  return { person: `user_id:${bestBuyer(truth)?.userId ?? 'you'}` }
}

const definitions: readonly (readonly [string, unknown])[] = [
  [
    '/v1/segments/loyal-buyers',
    {
      label: { en: 'Loyal buyers', zh: '忠诚买家' },
      rule: { event: 'Order Completed', measure: 'count', gte: 3, within: { last: '90d' } },
    },
  ],
  [
    '/v1/segments/cart-abandoners',
    {
      label: { en: 'In the cart, not ordered', zh: '加购未下单' },
      rule: {
        and: [
          { event: 'Product Added', measure: 'count', gte: 1, within: { last: '7d' } },
          { event: 'Order Completed', measure: 'count', eq: 0, within: { last: '7d' } },
        ],
      },
    },
  ],
  [
    '/v1/tags/orders.last90d',
    {
      label: { en: 'Orders in 90 days', zh: '近90天订单数' },
      measure: { event: 'Order Completed', measure: 'count', within: { last: '90d' } },
    },
  ],
  [
    '/v1/benefits/welcome',
    {
      label: { en: '10 % off', zh: '九折券' },
      terms: { discount: { type: 'percent', percent: 10 }, currency: 'USD', validFor: '30d' },
      stock: 10_000,
      perPerson: 1,
    },
  ],
]

function take(messages: Iterator<SegmentMessage>, count: number): readonly SegmentMessage[] {
  const batch: SegmentMessage[] = []
  while (batch.length < count) {
    const next = messages.next()
    if (next.done === true) break
    batch.push(next.value)
  }
  return batch
}

const bestBuyer = (truth: readonly PersonTruth[]): PersonTruth | undefined =>
  truth
    .filter(({ userId, sharedIds }) => userId !== undefined && sharedIds.length === 0)
    .reduce<PersonTruth | undefined>((best, person) => (best === undefined || person.orders > best.orders ? person : best), undefined)

function caller({ address, writeKey, apiKey }: Target): (method: 'PUT' | 'POST', path: string, body: unknown) => Promise<void> {
  const basic = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
  return async (method, path, body) => {
    const response = await fetch(`${address}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: path === '/v1/batch' ? basic : `Bearer ${apiKey}` },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
  }
}
