import type { InstanceId, MigrationSet, PluginDatabase } from '@tenon/kernel'
import { CompiledQuery, type Kysely, sql } from 'kysely'
import { type Session, transact } from '../database/session.ts'
import type { Tables } from '../database/tables.ts'
import type { MigrationPlan } from './migrate.ts'
import { sqlStep } from './migration-step.ts'

/** Instances `a-b` and `a_b` have different schemas: the name is quoted, not changed. Postgres cuts names at 63 bytes. */
export function schemaOf(instance: InstanceId): string {
  const schema = `plugin:${instance}`
  if (!/^[a-z0-9._-]{1,56}$/i.test(instance)) throw new RangeError(`'${instance}' can not name a schema of Postgres`)
  return schema
}

export function pluginPlan(instance: InstanceId, { steps }: MigrationSet<PluginDatabase>, session: Session): MigrationPlan {
  const schema = schemaOf(instance)
  return {
    scope: schema,
    schema,
    steps: Object.entries(steps).map(([id, step]) =>
      'sql' in step
        ? sqlStep(id, step.sql)
        : { id, checksum: step.checksum, run: (db) => step.up(inSchema({ ...session, db, transactional: true }, schema)) },
    ),
  }
}

/** Every query runs in a transaction that looks into this schema alone, so no connection of the pool keeps the path. */
export function inSchema(session: Session, schema: string): PluginDatabase {
  return {
    query: (text, parameters = []) =>
      transact(session, async ({ db }) => {
        await lookInto(db, schema)
        const { rows } = await db.executeQuery(CompiledQuery.raw(text, [...parameters]))
        return rows as never
      }),
    transaction: (run) => transact(session, (inner) => run(inSchema(inner, schema))),
  }
}

const lookInto = (db: Kysely<Tables>, schema: string) => sql`set local search_path to ${sql.id(schema)}`.execute(db)
