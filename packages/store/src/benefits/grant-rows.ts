import type { Grant, ProfileId } from '@tenon/kernel/contracts'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Tables } from '../database/tables.ts'
import { familyOf } from '../profiles/family.ts'

export type GrantRow = Selectable<Tables['tenon.grants']>

export const grantOf = (row: GrantRow): Grant =>
  Object.freeze({
    id: row.id,
    benefit: row.benefit,
    profile: row.profile,
    state: row.state,
    data: row.data,
    issuedAt: row.issued_at,
    ...(row.code !== null && { code: row.code }),
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  })

/** Grants of the person behind the profile, as a table expression `held`. A grant keeps the profile it was given to. */
export const heldBy = (workspace: string, profile: ProfileId): RawBuilder<unknown> => sql`(
  select grants.* from ${familyOf(workspace, [profile])} as family
  cross join lateral (select * from tenon.grants where workspace = ${workspace} and profile = family.member offset 0) as grants
) as held`
