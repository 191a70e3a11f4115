/** `write` keys send events of one source; `api` keys read and manage a workspace. */
export type KeyKind = 'write' | 'api'

export interface NewApiKey {
  readonly workspace: string
  readonly kind: KeyKind
  readonly name: string
  /** The instance of the source plugin whose events a write key sends. */
  readonly source?: string
}

/** A key as lists show it: never the secret, only how it begins. */
export interface ApiKey extends NewApiKey {
  readonly id: string
  readonly prefix: string
  readonly createdAt: Date
  readonly revokedAt?: Date
}

export interface ApiKeys {
  /** The secret is random (192 bits) unless given, and in the answer alone: the store keeps its sha-256. */
  create(key: NewApiKey & { readonly secret?: string }): Promise<ApiKey & { readonly secret: string }>
  /** The key of a secret that comes from the environment; made where it is missing. A secret of another workspace or kind is refused. */
  ensure(key: NewApiKey & { readonly secret: string }): Promise<ApiKey>
  /** Undefined for unknown and for revoked keys. */
  find(secret: string): Promise<Pick<ApiKey, 'id' | 'workspace' | 'kind' | 'source'> | undefined>
  list(workspace: string): Promise<readonly ApiKey[]>
  /** Whether there was such a key and it was still valid. */
  revoke(key: { readonly workspace: string; readonly id: string }): Promise<boolean>
}
