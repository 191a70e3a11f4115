import { sql } from 'kysely'
import { again, type Scope, transactAgain } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import type { Models } from './models.ts'

const KEPT = 5

export function openModels(scope: Scope): Models {
  const { workspace } = scope

  return Object.freeze({
    put: ({ kind, key, version, model, quality, trainedAt }) =>
      transactAgain(scope, async ({ db }) => {
        const content = { model: Buffer.from(model), quality: storableJson(quality), trained_at: trainedAt }
        await db
          .insertInto('tenon.models')
          .values({
            workspace,
            kind,
            key: storableKey('key of a model', key),
            version: storableKey('version of a model', version),
            ...content,
          })
          .onConflict((conflict) => conflict.columns(['workspace', 'kind', 'key', 'version']).doUpdateSet(content))
          .execute()
        await sql`
          delete from tenon.models
          where workspace = ${workspace} and kind = ${kind} and key = ${key} and version in (
            select version from tenon.models
            where workspace = ${workspace} and kind = ${kind} and key = ${key}
            order by trained_at desc, version desc offset ${KEPT}
          )`.execute(db)
      }),
    latest: (kind, key) =>
      again(scope, async () => {
        const row = await scope.db
          .selectFrom('tenon.models')
          .selectAll()
          .where('workspace', '=', workspace)
          .where('kind', '=', kind)
          .where('key', '=', key)
          .orderBy('trained_at', 'desc')
          .orderBy('version', 'desc')
          .limit(1)
          .executeTakeFirst()
        return row && Object.freeze({ kind, key, version: row.version, model: row.model, quality: row.quality, trainedAt: row.trained_at })
      }),
  } satisfies Models)
}
