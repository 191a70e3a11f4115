import type { Store } from '@tenon/store'
import type { Settings } from './settings.ts'

/** `made`: just now, so that it is shown this once. `given`: by the settings, which have it. `kept`: by whoever saw it made. */
export type FirstKey = { readonly how: 'made'; readonly secret: string } | { readonly how: 'given' | 'kept' }

/** How the keys of this run came about. A secret is known here only where it was made just now. */
export interface FirstKeys {
  readonly write: FirstKey
  readonly api: FirstKey
}

/** Makes sure that a workspace can be used: with the keys of the settings, or with random ones when it has none at all. */
export async function ensureKeys(store: Store, workspace: string, settings: Pick<Settings, 'writeKey' | 'apiKey'>): Promise<FirstKeys> {
  const existing = (await store.keys.list(workspace)).filter(({ revokedAt }) => revokedAt === undefined)
  const keyOf = async (kind: 'write' | 'api', given: string | undefined): Promise<FirstKey> => {
    const key = { workspace, kind, name: 'first', ...(kind === 'write' ? { source: 'default' } : {}) }
    if (given !== undefined) {
      await store.keys.ensure({ ...key, secret: given })
      return { how: 'given' }
    }
    if (existing.some((each) => each.kind === kind)) return { how: 'kept' }
    return { how: 'made', secret: (await store.keys.create(key)).secret }
  }
  return { write: await keyOf('write', settings.writeKey), api: await keyOf('api', settings.apiKey) }
}
