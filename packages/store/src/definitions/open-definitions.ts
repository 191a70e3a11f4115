import { type Selectable, sql } from 'kysely'
import { again, type Scope, transact } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import type { Tables } from '../database/tables.ts'
import type { Definition, DefinitionPut, Definitions } from './definitions.ts'

export type DefinitionFamily = 'tag' | 'segment' | 'benefit' | 'plan'

export function openDefinitions(scope: Scope, family: DefinitionFamily): Definitions {
  const { db, workspace } = scope
  const select = () => db.selectFrom('tenon.definitions').selectAll().where('workspace', '=', workspace).where('family', '=', family)

  return Object.freeze({
    get: (key) =>
      again(scope, async () => {
        const row = await select().where('key', '=', key).executeTakeFirst()
        return row && definitionOf(row)
      }),
    list: () => again(scope, async () => (await select().where('retired_at', 'is', null).orderBy('key').execute()).map(definitionOf)),
    put: (definition) => transact(scope, (inner) => putDefinition(inner, family, definition)),
    retire: (key) => transact(scope, (inner) => retire(inner, family, key)),
    history: (key) =>
      again(scope, async () => {
        const rows = await db
          .selectFrom('tenon.definition_versions')
          .select(['version', 'kind', 'label', 'definition', 'retired', 'at'])
          .where('workspace', '=', workspace)
          .where('family', '=', family)
          .where('key', '=', key)
          .orderBy('version', 'desc')
          .execute()
        return rows.map((row) => Object.freeze(row))
      }),
  } satisfies Definitions)
}

type Row = Selectable<Tables['tenon.definitions']>

async function putDefinition(scope: Scope, family: DefinitionFamily, given: Parameters<Definitions['put']>[0]): Promise<DefinitionPut> {
  const { db, workspace, clock } = scope
  const key = storableKey('key of a definition', given.key)
  await lockKey(scope, family, key)
  const [label, definition] = [storableJson(given.label), storableJson(given.definition)]
  const { rows } = await sql<Row & { same: boolean }>`
    select *, (kind = ${given.kind} and label = ${label}::jsonb and definition = ${definition}::jsonb and retired_at is null) as same
    from tenon.definitions where workspace = ${workspace} and family = ${family} and key = ${key}`.execute(db)
  const [before] = rows
  const current = before?.version ?? 0
  if (given.ifVersion !== undefined && given.ifVersion !== current) return Object.freeze({ ok: false, current })
  if (before?.same) return Object.freeze({ ok: true, definition: definitionOf(before), changed: false })

  const now = clock.now()
  const next = { version: current + 1, kind: given.kind, label, definition }
  const after = await db
    .insertInto('tenon.definitions')
    .values({ workspace, family, key, ...next, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.columns(['workspace', 'family', 'key']).doUpdateSet({ ...next, updated_at: now, retired_at: null }))
    .returningAll()
    .executeTakeFirstOrThrow()
  await db
    .insertInto('tenon.definition_versions')
    .values({ workspace, family, key, ...next, retired: false, at: now })
    .execute()
  if (family === 'benefit') await openCounters(scope, key)
  return Object.freeze({ ok: true, definition: definitionOf(after), changed: true })
}

async function retire(scope: Scope, family: DefinitionFamily, key: string): Promise<boolean> {
  const { db, workspace, clock } = scope
  await lockKey(scope, family, key)
  const now = clock.now()
  const retired = await sql`
    with retired as (
      update tenon.definitions set retired_at = ${now}, updated_at = ${now}, version = version + 1
      where workspace = ${workspace} and family = ${family} and key = ${key} and retired_at is null
      returning *
    )
    insert into tenon.definition_versions (workspace, family, key, version, kind, label, definition, retired, at)
    select workspace, family, key, version, kind, label, definition, true, ${now} from retired`.execute(db)
  return (retired.numAffectedRows ?? 0n) > 0n
}

/** A benefit has its counters from the start. */
async function openCounters({ db, workspace }: Scope, key: string): Promise<void> {
  await db
    .insertInto('tenon.benefits')
    .values({ workspace, key })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Two who put the same new key at once: the second one must see the first one's row. */
const lockKey = ({ db, workspace }: Scope, family: DefinitionFamily, key: string) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${family} || ':' || ${key}, hashtextextended(${workspace}, 0)))`.execute(db)

export const definitionOf = (row: Row): Definition =>
  Object.freeze({
    key: row.key,
    kind: row.kind,
    label: row.label,
    definition: row.definition,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.retired_at !== null && { retiredAt: row.retired_at }),
  })
