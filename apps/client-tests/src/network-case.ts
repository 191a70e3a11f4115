import type { Fault } from './network/fault.ts'
import type { FaultyProxyOptions } from './network/faulty-proxy.ts'

/** A network, and what it does to clients. */
export interface NetworkCase {
  readonly name: string
  readonly faults: readonly Fault[]
  readonly network?: Pick<FaultyProxyOptions, 'rewrite' | 'headers'>
  readonly hasWrongKey?: true
}

/** Every client goes through each of them. */
export const networkCases: readonly NetworkCase[] = [
  { name: 'happy path', faults: [] },
  {
    name: 'retries',
    faults: [
      { kind: 'status', status: 503, retryAfter: '1' },
      { kind: 'status', status: 429, retryAfter: '1' },
    ],
  },
  { name: 'resets', faults: [{ kind: 'reset' }, { kind: 'reset' }] },
  { name: 'time-outs', faults: [{ kind: 'hang' }] },
  { name: 'lost answers', faults: [{ kind: 'lose-answer' }, { kind: 'lose-answer' }] },
  {
    name: 'redirects refused',
    faults: [],
    // What makes other servers redirect: doubled slashes, one at the end, and plain HTTP in front of a proxy.
    network: {
      rewrite: (path) =>
        path.replace(/^([^?]*?)\/?(\?|$)/, (_whole, way: string, query: string) => `/${way.replaceAll('/', '//')}/${query}`),
      headers: { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'collect.example' },
    },
  },
  { name: 'wrong key', faults: [], hasWrongKey: true },
]
