import { type Json, type ProfileId, type Properties, parseJson } from '@tenon/kernel/contracts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { decodeCursor, type Page, pageOf } from '../reads/cursor.ts'
import { eventsOfAccount } from '../reads/events.ts'
import type { StoredEvent } from '../writer/event-format.ts'
import { readSharing, type Sharing } from './sharing.ts'
import { membershipsSource, ORDER, statementsSource } from './statements.ts'

/** A company, a household, a team: whatever people belong to. */
export interface AccountKey {
  /** `account`, unless group calls name another in `context.groupType`. */
  readonly type: string
  readonly id: string
}

export interface Account extends AccountKey {
  /** The last value of each top-level trait that anybody said, by the time of the event. A null takes a trait away. */
  readonly traits: Properties
  /** Who belong to it now. */
  readonly members: number
  readonly firstSeen: Date
  readonly lastSeen: Date
}

export interface Membership extends AccountKey {
  readonly profile: ProfileId
  /** The last that was said. */
  readonly role?: string
  /** The first time that the person joined, since it left last. */
  readonly since?: Date
  /** Where the person is no member any more. */
  readonly leftAt?: Date
}

interface Paging {
  readonly limit: number
  /** `next` of the page before. */
  readonly after?: string
}

/** Accounts as events say them. Nothing is kept beside the events: what merges, unmerges and erasure do to them holds here too. */
export interface Accounts {
  get(account: AccountKey): Promise<Account | undefined>
  /** By type and id. */
  list(request: Paging & { readonly type?: string }): Promise<Page<AccountKey & { readonly members: number }>>
  /** Those who belong to it, and with `left` also those who do not any more. */
  members(request: AccountKey & Paging & { readonly left?: boolean }): Promise<Page<Membership>>
  /** What members did in its name, the newest first: group calls, and events with `context.groupId`. */
  events(request: AccountKey & { readonly limit: number; readonly before?: string }): Promise<Page<StoredEvent>>
  /** What two people or more share by the rule. */
  sharing(request: Parameters<typeof readSharing>[1]): Promise<Page<Sharing>>
  /** Of people by any of their ids, also accounts that they left. */
  of(profiles: readonly ProfileId[]): Promise<readonly Membership[]>
}

interface MembershipRow {
  readonly profile: ProfileId
  readonly account_type: string
  readonly account: string
  readonly role: string
  readonly since: number
  readonly left_at: number
}

const COLUMNS = 'profile, account_type, account, role, since, left_at'
const ONE = 'account_type = {type:String} AND account = {id:String}'

export const accountsOf = (query: WorkspaceQuery): Accounts =>
  Object.freeze<Accounts>({
    get: (account) => getAccount(query, account),
    async list({ limit, after, type }) {
      const [lastType = '', lastId = ''] = after === undefined ? [] : decodeCursor(after, ['text', 'text'])
      const rows = await query.rows<{ account_type: string; account: string; members: number }>({
        operation: 'list of accounts',
        sql: `SELECT account_type, account, countIf(left_at = 0) AS members
FROM ${membershipsSource({ where: "({type:String} = '' OR account_type = {type:String}) AND tuple(account_type, account) > tuple({lastType:String}, {lastId:String})" })}
GROUP BY account_type, account
ORDER BY account_type, account
LIMIT {limit:UInt32}`,
        params: { type: type ?? '', lastType, lastId, limit: limit + 1 },
      })
      const page = pageOf(rows, limit, (row) => [row.account_type, row.account])
      return Object.freeze({ ...page, rows: page.rows.map((row) => ({ type: row.account_type, id: row.account, members: row.members })) })
    },
    async members({ type, id, limit, after, left = false }) {
      const [last = 0] = after === undefined ? [] : decodeCursor(after, ['natural'])
      const rows = await query.rows<MembershipRow>({
        operation: 'members of an account',
        sql: `SELECT ${COLUMNS} FROM ${membershipsSource({ where: ONE })}
WHERE ({left:Bool} OR left_at = 0) AND profile > {last:UInt64}
ORDER BY profile
LIMIT {limit:UInt32}`,
        params: { type, id, left, last, limit: limit + 1 },
      })
      const page = pageOf(rows, limit, ({ profile }) => [profile])
      return Object.freeze({ ...page, rows: page.rows.map(membershipOf) })
    },
    events: (request) => eventsOfAccount(query, request),
    sharing: (request) => readSharing(query, request),
    async of(profiles) {
      if (profiles.length === 0) return []
      const rows = await query.rows<MembershipRow>({
        operation: 'accounts of profiles',
        sql: `SELECT ${COLUMNS} FROM ${membershipsSource({ scope: 'asked' })} ORDER BY profile, account_type, account`,
        params: { profiles },
      })
      return rows.map(membershipOf)
    },
  })

async function getAccount(query: WorkspaceQuery, { type, id }: AccountKey): Promise<Account | undefined> {
  const [row] = await query.rows<{ first: number; last: number; members: number }>({
    operation: 'account',
    sql: `SELECT min(met_at) AS first, max(seen_at) AS last, countIf(left_at = 0) AS members
FROM ${membershipsSource({ where: ONE })}
HAVING count() > 0`,
    params: { type, id },
  })
  if (row === undefined) return undefined
  const traits = await query.rows<{ key: string; value: string }>({
    operation: 'traits of an account',
    sql: `SELECT trait.1 AS key, argMax(trait.2, ${ORDER}) AS value
FROM ${statementsSource()}
ARRAY JOIN JSONExtractKeysAndValuesRaw(account_traits) AS trait
WHERE ${ONE}
GROUP BY key
HAVING value != 'null'
ORDER BY key`,
    params: { type, id },
  })
  return Object.freeze({
    ...{ type, id, members: row.members, firstSeen: new Date(row.first), lastSeen: new Date(row.last) },
    traits: Object.fromEntries(traits.map(({ key, value }): readonly [string, Json] => [key, parseJson(value)])),
  })
}

const membershipOf = ({ profile, account_type, account, role, since, left_at }: MembershipRow): Membership =>
  Object.freeze({
    ...{ profile, type: account_type, id: account },
    ...(role === '' ? {} : { role }),
    ...(left_at === 0 ? { since: new Date(since) } : { leftAt: new Date(left_at) }),
  })
