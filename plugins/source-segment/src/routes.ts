import type { EventType, Method } from '@tenon/kernel/contracts'

/** What a path is for. `typed` takes the type of the event from `:type`. */
export type Purpose = EventType | 'batch' | 'typed' | 'metrics' | 'settings' | 'source-config'

const POSTED: Readonly<Record<string, Purpose>> = {
  '/v1/track': 'track',
  '/v1/identify': 'identify',
  '/v1/page': 'page',
  '/v1/screen': 'screen',
  '/v1/group': 'group',
  '/v1/alias': 'alias',
  '/v1/batch': 'batch',
  '/v1/import': 'batch',
  '/v1/t': 'track',
  '/v1/i': 'identify',
  '/v1/p': 'page',
  '/v1/s': 'screen',
  '/v1/g': 'group',
  '/v1/a': 'alias',
  '/v1/b': 'batch',
  '/v1/m': 'metrics',
  '/sdk/batch': 'batch',
  '/beacon/v1/batch': 'batch',
  '/api/s/:type': 'typed',
  '/api/s/s2s/:type': 'typed',
}

const FETCHED: Readonly<Record<string, Purpose>> = {
  '/v1/projects/:key/settings': 'settings',
  '/sourceConfig': 'source-config',
}

const PURPOSES: ReadonlyMap<string, Purpose> = new Map(Object.entries({ ...POSTED, ...FETCHED }))

const listed = (paths: Readonly<Record<string, Purpose>>, method: Method) =>
  Object.keys(paths).map((path) => Object.freeze({ methods: Object.freeze([method, 'OPTIONS'] as const), path }))

/** Every path of CLIENTS, with a preflight for each. */
export const routes = Object.freeze([...listed(POSTED, 'POST'), ...listed(FETCHED, 'GET')])

export const purposeOf = (route: string): Purpose | undefined => PURPOSES.get(route)
