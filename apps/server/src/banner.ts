import type { SampleReport } from './sample.ts'
import type { RunningServer } from './serve.ts'

/** What a person sees when the server is up: where, with which keys, and what to try. */
export function banner(server: Pick<RunningServer, 'address' | 'edition' | 'keys'>, sample: SampleReport | undefined): string {
  const { address, edition, keys } = server
  const apiKey = keys.apiKey ?? '$TENON_API_KEY'
  const writeKey = keys.writeKey ?? '$TENON_WRITE_KEY'
  const person = sample?.person ?? 'user_id:you'
  const lines = [
    '',
    `Tenon (${edition}) is ready at ${address}   API reference: ${address}/docs`,
    '',
    ...keyLines(server.keys),
    'Try:',
    ...commands({ address, apiKey, writeKey, person }).map(({ what, command }, index) => `  ${index + 1}. ${what}\n     ${command}`),
    '',
    'Stop with Ctrl-C; the next start finds everything again.',
  ]
  return lines.join('\n')
}

function keyLines({ writeKey, apiKey, made }: RunningServer['keys']): readonly string[] {
  const told = (kind: 'write' | 'api', secret: string | undefined) =>
    secret === undefined ? 'as shown at the first start' : made.includes(kind) ? `${secret}   (shown this once: keep it)` : secret
  return [`  write key  ${told('write', writeKey)}`, `  API key    ${told('api', apiKey)}`, '']
}

/** Five commands that work as printed. */
export function commands({
  address,
  apiKey,
  writeKey,
  person,
}: {
  readonly address: string
  readonly apiKey: string
  readonly writeKey: string
  readonly person: string
}): readonly {
  readonly what: string
  readonly command: string
}[] {
  const api = `-H 'Authorization: Bearer ${apiKey}'`
  const post = (path: string, body: unknown) =>
    `curl -s ${api} -H 'Content-Type: application/json' ${address}${path} -d '${JSON.stringify(body)}'`
  const order = {
    userId: 'you',
    event: 'Order Completed',
    properties: { order_id: 'o-1', revenue: 42, products: [{ product_id: 'sku-1001', quantity: 1 }] },
  }
  return [
    {
      what: 'Send an event',
      command: `curl -s -u ${writeKey}: -H 'Content-Type: application/json' ${address}/v1/track -d '${JSON.stringify(order)}'`,
    },
    { what: 'See a person', command: `curl -s ${api} '${address}/v1/profiles/${person}'` },
    {
      what: 'Count an audience',
      command: post('/v1/segments/preview', { rule: { event: 'Order Completed', measure: 'count', gte: 2, within: { last: '90d' } } }),
    },
    { what: 'Recommend', command: post('/v1/recommendations', { scene: 'home', profile: person, limit: 3 }) },
    { what: 'Give a coupon', command: post('/v1/benefits/welcome/issue', { profile: person }) },
  ]
}
