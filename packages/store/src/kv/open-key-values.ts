import { again, type Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import type { KeyValues } from './key-values.ts'

export function openKeyValues(scope: Scope): KeyValues {
  const { db, workspace } = scope

  return Object.freeze({
    get: (key) =>
      again(scope, async () => {
        const row = await db
          .selectFrom('tenon.key_values')
          .select('value')
          .where('workspace', '=', workspace)
          .where('key', '=', key)
          .executeTakeFirst()
        return row?.value
      }),
    set: (key, value) =>
      again(scope, async () => {
        const text = storableJson(value)
        await db
          .insertInto('tenon.key_values')
          .values({ workspace, key: storableKey('key', key), value: text })
          .onConflict((conflict) => conflict.columns(['workspace', 'key']).doUpdateSet({ value: text }))
          .execute()
      }),
    setIfAbsent: (key, value) =>
      again(scope, async () => {
        // An update that changes nothing: `do nothing` would not return the row of the winner.
        const row = await db
          .insertInto('tenon.key_values')
          .values({ workspace, key: storableKey('key', key), value: storableJson(value) })
          .onConflict((conflict) => conflict.columns(['workspace', 'key']).doUpdateSet({ key }))
          .returning('value')
          .executeTakeFirstOrThrow()
        return row.value
      }),
    delete: (key) =>
      again(scope, async () => {
        await db.deleteFrom('tenon.key_values').where('workspace', '=', workspace).where('key', '=', key).execute()
      }),
  } satisfies KeyValues)
}
