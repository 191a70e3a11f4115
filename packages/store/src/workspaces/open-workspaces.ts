import { again, type Session } from '../database/session.ts'
import { storableKey } from '../database/storable-key.ts'
import type { Workspace, Workspaces } from './workspaces.ts'

export function openWorkspaces(session: Session): Workspaces {
  const select = () => session.db.selectFrom('tenon.workspaces').select(['id', 'name', 'created_at'])

  return Object.freeze({
    ensure: ({ id, name }) =>
      again(session, async () => {
        await session.db
          .insertInto('tenon.workspaces')
          .values({ id: storableKey('id of a workspace', id), name, created_at: session.clock.now() })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        return workspaceOf(await select().where('id', '=', id).executeTakeFirstOrThrow())
      }),
    list: () => again(session, async () => (await select().orderBy('id').execute()).map(workspaceOf)),
    get: (id) =>
      again(session, async () => {
        const row = await select().where('id', '=', id).executeTakeFirst()
        return row && workspaceOf(row)
      }),
  } satisfies Workspaces)
}

const workspaceOf = (row: { readonly id: string; readonly name: string; readonly created_at: Date }): Workspace =>
  Object.freeze({ id: row.id, name: row.name, createdAt: row.created_at })
