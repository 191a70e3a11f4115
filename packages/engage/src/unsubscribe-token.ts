import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ProfileId, Purpose } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'

/** Whose messages a link stops, and which. */
export interface Unsubscription {
  readonly workspace: string
  readonly profile: ProfileId
  readonly purpose: Purpose
  readonly message: string
}

export interface UnsubscribeTokens {
  sign(unsubscription: Unsubscription): Promise<string>
  /** Undefined for anything that this workspace did not sign. */
  read(token: string): Promise<Unsubscription | undefined>
}

const SECRET_KEY = 'engage.unsubscribe-secret'

/**
 * `<claims>.<mac>` in base64url, HMAC-SHA256 with a secret of the workspace that is made with the first link. A token does
 * not run out: mails are read years later, and all that it can do is to stop messages.
 */
export function createUnsubscribeTokens(store: Pick<Store, 'in' | 'workspaces'>): UnsubscribeTokens {
  const secrets = new Map<string, Buffer>()
  const secretOf = async (workspace: string): Promise<Buffer> => {
    const known = secrets.get(workspace)
    if (known !== undefined) return known
    const value = await store.in(workspace).kv.setIfAbsent(SECRET_KEY, randomBytes(32).toString('base64url'))
    const secret = Buffer.from(String(value), 'base64url')
    secrets.set(workspace, secret)
    return secret
  }
  const macOf = async (workspace: string, claims: string): Promise<Buffer> =>
    createHmac('sha256', await secretOf(workspace))
      .update(claims)
      .digest()
  return {
    async sign({ workspace, profile, purpose, message }) {
      const claims = Buffer.from(JSON.stringify([workspace, profile, purpose, message])).toString('base64url')
      return `${claims}.${(await macOf(workspace, claims)).toString('base64url')}`
    },
    async read(token) {
      if (token.length > 2_048) return undefined
      const [claims = '', mac = '', ...more] = token.split('.')
      const unsubscription = readClaims(claims)
      if (unsubscription === undefined || more.length > 0) return undefined
      // A made-up workspace must not get a secret.
      if ((await store.workspaces.get(unsubscription.workspace)) === undefined) return undefined
      const expected = await macOf(unsubscription.workspace, claims)
      const given = Buffer.from(mac, 'base64url')
      return given.length === expected.length && timingSafeEqual(given, expected) ? unsubscription : undefined
    },
  }
}

function readClaims(claims: string): Unsubscription | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'))
    if (!Array.isArray(value) || value.length !== 4) return undefined
    const [workspace, profile, purpose, message]: readonly unknown[] = value
    const isText = (part: unknown): part is string => typeof part === 'string' && part !== '' && !part.includes('\0')
    if (!isText(workspace) || !isText(purpose) || !isText(message)) return undefined
    return typeof profile === 'number' && Number.isSafeInteger(profile) && profile > 0
      ? { workspace, profile, purpose, message }
      : undefined
  } catch {
    return undefined
  }
}
