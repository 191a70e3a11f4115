import type { Store } from '@tenon/store'
import type { Settings } from './settings.ts'

/** The secrets that are known in this run: those of the settings, and those that were made just now. */
export interface FirstKeys {
  readonly writeKey: string | undefined
  readonly apiKey: string | undefined
  /** Which were made just now, so that they are shown this once. */
  readonly made: readonly ('write' | 'api')[]
}

/** Makes sure that a workspace can be used: with the keys of the settings, or with random ones when it has none at all. */
export async function ensureKeys(store: Store, workspace: string, settings: Pick<Settings, 'writeKey' | 'apiKey'>): Promise<FirstKeys> {
  const existing = (await store.keys.list(workspace)).filter(({ revokedAt }) => revokedAt === undefined)
  const made: ('write' | 'api')[] = []
  const secretOf = async (kind: 'write' | 'api', given: string | undefined): Promise<string | undefined> => {
    const key = { workspace, kind, name: 'first', ...(kind === 'write' ? { source: 'default' } : {}) }
    if (given !== undefined) {
      await store.keys.ensure({ ...key, secret: given })
      return given
    }
    if (existing.some((each) => each.kind === kind)) return undefined
    made.push(kind)
    return (await store.keys.create(key)).secret
  }
  const writeKey = await secretOf('write', settings.writeKey)
  const apiKey = await secretOf('api', settings.apiKey)
  return { writeKey, apiKey, made }
}
