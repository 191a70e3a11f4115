import { createHash, randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import { again, type Session } from '../database/session.ts'
import type { Tables } from '../database/tables.ts'
import { isUuid, uuid7 } from '../database/uuid7.ts'
import { ApiKeyConflict } from '../errors.ts'
import type { ApiKey, ApiKeys, NewApiKey } from './api-keys.ts'

type Row = Selectable<Tables['tenon.api_keys']>

export function openApiKeys(session: Session): ApiKeys {
  const { db, clock } = session

  /** The key of this secret: the one that is there, or a new one. */
  const keep = (key: NewApiKey, secret: string): Promise<Row> =>
    again(session, async () => {
      const hash = hashOf(secret)
      const created_at = clock.now()
      await db
        .insertInto('tenon.api_keys')
        .values({
          workspace: key.workspace,
          id: uuid7(created_at),
          kind: key.kind,
          name: key.name,
          source: key.source ?? null,
          hash,
          prefix: prefixOf(secret),
          created_at,
        })
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .execute()
      const row = await db.selectFrom('tenon.api_keys').selectAll().where('hash', '=', hash).executeTakeFirstOrThrow()
      const same = row.workspace === key.workspace && row.kind === key.kind && row.source === (key.source ?? null)
      if (!same || row.revoked_at !== null) throw ApiKeyConflict.create({ name: key.name, prefix: prefixOf(secret) })
      return row
    })

  return Object.freeze({
    async create({ secret = newSecret(), ...key }) {
      return Object.freeze({ ...apiKeyOf(await keep(key, secret)), secret })
    },
    ensure: async ({ secret, ...key }) => apiKeyOf(await keep(key, secret)),
    find: (secret) =>
      again(session, async () => {
        const row = await db
          .selectFrom('tenon.api_keys')
          .selectAll()
          .where('hash', '=', hashOf(secret))
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        return row && apiKeyOf(row)
      }),
    list: (workspace) =>
      again(session, async () => {
        const rows = await db.selectFrom('tenon.api_keys').selectAll().where('workspace', '=', workspace).orderBy('id').execute()
        return rows.map(apiKeyOf)
      }),
    async revoke({ workspace, id }) {
      if (!isUuid(id)) return false
      const { numUpdatedRows } = await db
        .updateTable('tenon.api_keys')
        .set({ revoked_at: clock.now() })
        .where('workspace', '=', workspace)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  } satisfies ApiKeys)
}

const newSecret = (): string => `tenon_${randomBytes(24).toString('base64url')}`

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Enough to tell keys apart, and of a short secret never more than a quarter. */
const prefixOf = (secret: string): string => secret.slice(0, Math.min(10, Math.floor(secret.length / 4)))

const apiKeyOf = (row: Row): ApiKey =>
  Object.freeze({
    id: row.id,
    workspace: row.workspace,
    kind: row.kind,
    name: row.name,
    prefix: row.prefix,
    createdAt: row.created_at,
    ...(row.source !== null && { source: row.source }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
  })
