import type { Sample } from './sample.ts'
import type { RunningServer } from './serve.ts'

/** The keys, as far as they are known. Random ones are stored as hashes: they are shown when they are made, and never again. */
export function keyLines({ writeKey, apiKey, made }: RunningServer['keys']): readonly string[] {
  const told = (kind: 'write' | 'api', secret: string | undefined) =>
    secret === undefined ? 'as it was shown when it was made' : made.includes(kind) ? `${secret}   (shown this once: keep it)` : secret
  const isLost = writeKey === undefined || apiKey === undefined
  return [
    '',
    `  write key  ${told('write', writeKey)}`,
    `  API key    ${told('api', apiKey)}`,
    ...(isLost ? ['  Lost them? Start once with TENON_WRITE_KEY and TENON_API_KEY set to new ones: 16 characters or more.'] : []),
    '',
  ]
}

/** What a person sees when the server is up: where, and what to try. */
export function tryLines(
  { address, edition, keys }: Pick<RunningServer, 'address' | 'edition' | 'keys'>,
  sample: Sample | undefined,
): readonly string[] {
  const { apiKey = '$TENON_API_KEY', writeKey = '$TENON_WRITE_KEY' } = keys
  const needed = [...(keys.writeKey === undefined ? ['TENON_WRITE_KEY'] : []), ...(keys.apiKey === undefined ? ['TENON_API_KEY'] : [])]
  return [
    `Tenon (${edition}) is ready at ${address}   API reference: ${address}/docs`,
    '',
    needed.length === 0 ? 'Try:' : `Try, with your keys in ${needed.join(' and ')}:`,
    ...commands({ address, apiKey, writeKey, sample }).map(({ what, command }, index) => `  ${index + 1}. ${what}\n     ${command}`),
    '',
    'Stop with Ctrl-C; the next start finds everything again.',
  ]
}

/** Commands that work as printed; what needs the sample is not shown without it. */
function commands({
  address,
  apiKey,
  writeKey,
  sample,
}: {
  readonly address: string
  readonly apiKey: string
  readonly writeKey: string
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
  const ofSample = [
    { what: 'Recommend', command: post('/v1/recommendations', { scene: 'home', profile: person, limit: 3 }) },
    { what: 'Give a coupon', command: post('/v1/benefits/welcome/issue', { profile: person }) },
  ]
  return [
    {
      what: 'Send an event',
      command: `curl -s -u "${writeKey}:" -H 'Content-Type: application/json' ${address}/v1/track -d '${JSON.stringify(order)}'`,
    },
    { what: 'See a person', command: `curl -s ${api} '${address}/v1/profiles/${person}'` },
    {
      what: 'Count an audience',
      command: post('/v1/segments/preview', { rule: { event: 'Order Completed', measure: 'count', gte: 2, within: { last: '90d' } } }),
    },
    ...(sample === undefined ? [] : ofSample),
  ]
}
