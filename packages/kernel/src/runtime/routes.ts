import type { InstanceId } from '../plugin/lifecycle.ts'
import type { Instance } from './instance.ts'

/** A handler of a plugin has this long until its response begins. */
const ROUTE_LIMIT_MS = 30_000

/** A guarded handler: it rejects with a coded error when the plugin throws, hangs or rests. */
export type GuardedHandler = (request: Request) => Promise<Response>

/** Routes of running instances, each behind the limits that every call of a plugin has. */
export function routesOf(instances: readonly Instance[]): ReadonlyMap<InstanceId, GuardedHandler> {
  return new Map(
    instances.flatMap(({ id, routes, tools, state }) => {
      if (routes === undefined || state !== 'running') return []
      const handle: GuardedHandler = (request) =>
        tools.call({ operation: 'routes', limitMs: ROUTE_LIMIT_MS, signal: request.signal, run: () => routes(request) })
      return [[id, handle] as const]
    }),
  )
}
