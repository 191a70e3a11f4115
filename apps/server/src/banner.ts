import type { FirstKey, FirstKeys } from './keys.ts'
import type { Sample } from './sample.ts'
import type { RunningServer } from './serve.ts'

const variables = { write: 'TENON_WRITE_KEY', api: 'TENON_API_KEY' } as const
const kinds = ['write', 'api'] as const

/** Random keys are stored as hashes: they are shown when they are made, and never again. Those of the settings are never shown. */
export function keyLines(keys: FirstKeys): readonly string[] {
  const told = (kind: 'write' | 'api'): string => {
    const key = keys[kind]
    if (key.how === 'made') return `${key.secret}   (shown this once: keep it)`
    return key.how === 'given' ? `that of ${variables[kind]}` : 'as it was shown when it was made'
  }
  const isKept = kinds.some((kind) => keys[kind].how === 'kept')
  return [
    '',
    `  write key  ${told('write')}`,
    `  API key    ${told('api')}`,
    ...(isKept ? ['  Lost them? Start once with TENON_WRITE_KEY and TENON_API_KEY set to new ones: 16 characters or more.'] : []),
    '',
  ]
}

/** What a person sees when the server is up: where, and what to try. */
export function tryLines(
  { address, edition, keys, takesTracks }: Pick<RunningServer, 'address' | 'edition' | 'keys' | 'takesTracks'>,
  sample: Sample | undefined,
): readonly string[] {
  const [writeKey = '', apiKey = ''] = kinds.map((kind) => secretOf(keys[kind]) ?? `$${variables[kind]}`)
  const needed = kinds.filter((kind) => keys[kind].how !== 'made').map((kind) => variables[kind])
  return [
    `Tenon (${edition}) is ready at ${address}   API reference: ${address}/docs`,
    '',
    needed.length === 0 ? 'Try:' : `Try, with your keys in ${needed.join(' and ')}:`,
    ...commands({ address, apiKey, writeKey, takesTracks, sample }).map(
      ({ what, command }, index) => `  ${index + 1}. ${what}\n     ${command}`,
    ),
    '',
    'Stop with Ctrl-C; the next start finds everything again.',
  ]
}

const secretOf = (key: FirstKey): string | undefined => (key.how === 'made' ? key.secret : undefined)

/** Commands that work as printed: what needs the sample, or a source that this edition has not, is not shown without it. */
function commands({
  address,
  apiKey,
  writeKey,
  takesTracks,
  sample,
}: {
  readonly address: string
  readonly apiKey: string
  readonly writeKey: string
  readonly takesTracks: boolean
  readonly sample: Sample | undefined
}): readonly {
  readonly what: string
  readonly command: string
}[] {
  const person = sample?.person ?? 'user_id:you'
  // Double quotes, since a key may be the name of a variable.
  const api = `-H "Authorization: Bearer ${apiKey}"`
  const post = (path: string, body: unknown) =>
    `curl -s ${api} -H 'Content-Type: application/json' ${address}${path} -d '${JSON.stringify(body)}'`
  const order = {
    userId: 'you',
    event: 'Order Completed',
    properties: { order_id: 'o-1', revenue: 42, products: [{ product_id: 'sku-1001', quantity: 1 }] },
  }
  const send = `curl -s -u "${writeKey}:" -H 'Content-Type: application/json' ${address}/v1/track -d '${JSON.stringify(order)}'`
  const count = { rule: { event: 'Order Completed', measure: 'count', gte: 2, within: { last: '90d' } } }
  return [
    ...(takesTracks ? [{ what: 'Send an event', command: send }] : []),
    ...(takesTracks || sample !== undefined
      ? [{ what: 'See a person', command: `curl -s ${api} '${address}/v1/profiles/${person}'` }]
      : [{ what: 'See the plugins', command: `curl -s ${api} ${address}/v1/plugins` }]),
    { what: 'Count an audience', command: post('/v1/segments/preview', count) },
    ...(sample === undefined
      ? []
      : [
          { what: 'Recommend', command: post('/v1/recommendations', { scene: 'home', profile: person, limit: 3 }) },
          { what: 'Give a coupon', command: post('/v1/benefits/welcome/issue', { profile: person }) },
        ]),
  ]
}
