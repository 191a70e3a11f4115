import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Membership, SharingRule } from '@tenon/analytics'
import type { Identifier, Json, ProfileId } from '@tenon/kernel/contracts'
import { NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { identifier, next, paging, plain, profileParam, profileReference, properties } from '../schemas/common.ts'
import { membershipOf, membershipView, statusOf } from '../schemas/membership.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { identifiersOf } from './identifiers-of.ts'
import { profileOf } from './profile-of.ts'
import { eventOf, eventView } from './profiles.ts'

const accountParam = z.object({
  account: profileReference.openapi({
    param: { name: 'account', in: 'path' },
    example: 'account:acme',
    description: 'type:id. The type is `account`, unless group calls name another in `context.groupType`.',
  }),
})
const accountType = z.string().regex(/^[a-z][a-z0-9_-]{0,49}$/)
const typeParam = z.object({ type: accountType.openapi({ param: { name: 'type', in: 'path' }, example: 'household' }) })
const tags = ['Accounts']

const accountView = z
  .object({
    type: z.string(),
    id: z.string(),
    traits: properties,
    members: z.int(),
    firstSeen: z.string().optional(),
    lastSeen: z.string().optional(),
    sharedBy: z.array(z.string()).optional().openapi({ description: 'Where a rule made it: the traits that its members have in common.' }),
  })
  .openapi('Account')

const memberView = z.object({
  identifiers: z.array(identifier),
  role: z.string().optional(),
  since: z.string().optional(),
  leftAt: z.string().optional(),
})

const ruleView = z
  .strictObject({
    by: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(5)
      .openapi({
        description: 'Dotted paths in the traits: all must be there and be the same.',
        example: ['address.street', 'address.postalCode'],
      }),
    most: z.int().min(2).max(100).default(12).openapi({ description: 'More people than this have a building in common.' }),
  })
  .openapi('AccountRule')

const listAccounts = createRoute({
  method: 'get',
  path: '/v1/accounts',
  tags,
  summary: 'What people belong to, as group calls say: companies, teams, households',
  security,
  request: { query: paging.extend({ type: optional(accountType).openapi({ param: { name: 'type', in: 'query' } }) }) },
  responses: responses(
    z.object({ accounts: z.array(z.object({ type: z.string(), id: z.string(), members: z.int() })), next }),
    'One page.',
  ),
})

const getAccount = createRoute({
  method: 'get',
  path: '/v1/accounts/{account}',
  tags,
  summary: 'One account: its traits, each as it was said last, and how many belong to it',
  security,
  request: { params: accountParam },
  responses: responses(accountView, 'The account.'),
})

const getMembers = createRoute({
  method: 'get',
  path: '/v1/accounts/{account}/members',
  tags,
  summary: 'Who belongs to the account, as what and since when',
  security,
  request: {
    params: accountParam,
    query: paging.extend({
      left: z
        .stringbool()
        .default(false)
        .openapi({ param: { name: 'left', in: 'query' }, type: 'boolean' }),
    }),
  },
  responses: responses(z.object({ members: z.array(memberView), next }), 'One page; with `left` also those who do not any more.'),
})

const getAccountEvents = createRoute({
  method: 'get',
  path: '/v1/accounts/{account}/events',
  tags,
  summary: 'What was done in the name of the account, newest first: group calls, and events with `context.groupId`',
  security,
  request: { params: accountParam, query: paging },
  responses: responses(z.object({ events: z.array(eventView), next }), 'One page.'),
})

const getProfileAccounts = createRoute({
  method: 'get',
  path: '/v1/profiles/{profile}/accounts',
  tags: ['Profiles'],
  summary: 'What the person belongs to, also by rules, and what it left',
  security,
  request: { params: profileParam },
  responses: responses(z.object({ accounts: z.array(membershipView) }), 'Everything at once.'),
})

const putRule = createRoute({
  method: 'put',
  path: '/v1/account-rules/{type}',
  tags,
  summary: 'Say what makes people one account of a type, such as a household its address',
  security,
  request: { params: typeParam, body: body(ruleView) },
  responses: responses(ruleView, 'It holds from now on.'),
})

const deleteRule = createRoute({
  method: 'delete',
  path: '/v1/account-rules/{type}',
  tags,
  summary: 'Forget the rule of a type',
  security,
  request: { params: typeParam },
  responses: responses(z.object({ deleted: z.literal(true) }), 'There is none any more.'),
})

const listShared = createRoute({
  method: 'get',
  path: '/v1/account-rules/{type}/accounts',
  tags,
  summary: 'The accounts that the rule makes of the people of today',
  security,
  request: { params: typeParam, query: paging },
  responses: responses(
    z.object({ rule: ruleView, accounts: z.array(z.object({ type: z.string(), id: z.string(), members: z.int() })), next }),
    'One page.',
  ),
})

const RULES = 'accounts.rules'
type Rules = Readonly<Record<string, SharingRule>>

export function accountRoutes(platform: Platform) {
  const { analytics, store } = platform
  const accountsIn = (workspace: string) => analytics.in(workspace).accounts

  const rulesOf = async (workspace: string): Promise<Rules> => rulesIn(await store.in(workspace).kv.get(RULES))
  /** One writer at a time: the row is locked from reading it to writing it, and who comes second sees what the first one wrote. */
  const changeRules = (workspace: string, change: (rules: Rules) => Rules): Promise<void> =>
    store.in(workspace).transaction(async (tx) => {
      const rules = rulesIn(await tx.kv.setIfAbsent(RULES, {}))
      await tx.kv.set(RULES, rulesAsJson(change(rules)))
    })
  const ruleOf = async (workspace: string, type: string): Promise<SharingRule> => {
    const rules = await rulesOf(workspace)
    const rule = Object.hasOwn(rules, type) ? rules[type] : undefined
    if (rule === undefined) throw NotFound.create({ what: 'account rule', name: type })
    return rule
  }
  /** Of an account that a rule makes. */
  const sharersOf = async (workspace: string, type: string, id: string) => {
    const rules = await rulesOf(workspace)
    const rule = Object.hasOwn(rules, type) ? rules[type] : undefined
    const page = rule === undefined ? undefined : await accountsIn(workspace).sharing({ ...rule, id, limit: 1 })
    const [shared] = page?.rows ?? []
    return rule === undefined || shared === undefined ? undefined : { rule, members: shared.members }
  }
  const unknown = (type: string, id: string): Error => NotFound.create({ what: 'account', name: `${type}:${id}` })
  const named = (workspace: string, profiles: readonly ProfileId[]) => identifiersOf(platform, workspace, profiles)

  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(listAccounts, async (context) => {
      const { limit, cursor, type } = context.req.valid('query')
      const request = { limit, ...(type === undefined ? {} : { type }), ...(cursor === undefined ? {} : { after: cursor }) }
      const page = await accountsIn(context.get('workspace')).list(request)
      return context.json({ accounts: page.rows.map((row) => ({ ...row })), next: page.next ?? null }, 200)
    })
    .openapi(getAccount, async (context) => {
      const workspace = context.get('workspace')
      const { type, value: id } = context.req.valid('param').account
      const account = await accountsIn(workspace).get({ type, id })
      if (account !== undefined) {
        const { traits, members, firstSeen, lastSeen } = account
        const seen = { firstSeen: firstSeen.toISOString(), lastSeen: lastSeen.toISOString() }
        return context.json({ type, id, traits: plain(traits), members, ...seen }, 200)
      }
      const shared = await sharersOf(workspace, type, id)
      if (shared === undefined) throw unknown(type, id)
      return context.json({ type, id, traits: {}, members: shared.members.length, sharedBy: [...shared.rule.by] }, 200)
    })
    .openapi(getMembers, async (context) => {
      const workspace = context.get('workspace')
      const { type, value: id } = context.req.valid('param').account
      const { limit, cursor, left } = context.req.valid('query')
      const page = await accountsIn(workspace).members({ type, id, limit, left, ...(cursor === undefined ? {} : { after: cursor }) })
      const shared = page.rows.length > 0 || cursor !== undefined ? undefined : await sharersOf(workspace, type, id)
      const rows: readonly (Partial<Membership> & { readonly profile: ProfileId })[] =
        shared === undefined ? page.rows : shared.members.map((profile) => ({ profile }))
      const held = await named(
        workspace,
        rows.map(({ profile }) => profile),
      )
      return context.json({ members: rows.map((row) => memberOf(row, held)), next: page.next ?? null }, 200)
    })
    .openapi(getAccountEvents, async (context) => {
      const { type, value: id } = context.req.valid('param').account
      const { limit, cursor } = context.req.valid('query')
      const page = await accountsIn(context.get('workspace')).events({
        type,
        id,
        limit,
        ...(cursor === undefined ? {} : { before: cursor }),
      })
      return context.json({ events: page.rows.map(eventOf), next: page.next ?? null }, 200)
    })
    .openapi(getProfileAccounts, async (context) => {
      const workspace = context.get('workspace')
      const profile = await profileOf(platform, context, context.req.valid('param').profile)
      const said = await accountsIn(workspace).of([profile])
      const shared = await Promise.all(
        Object.entries(await rulesOf(workspace)).map(async ([type, rule]) => {
          const page = await accountsIn(workspace).sharing({ ...rule, profile, limit: 1 })
          return page.rows.map(({ id }) => ({ type, id }))
        }),
      )
      return context.json({ accounts: [...said.map(membershipOf), ...shared.flat()] }, 200)
    })
    .openapi(putRule, async (context) => {
      const workspace = context.get('workspace')
      const { type } = context.req.valid('param')
      const rule = context.req.valid('json')
      await changeRules(workspace, (rules) => ({ ...rules, [type]: rule }))
      return context.json(rule, 200)
    })
    .openapi(deleteRule, async (context) => {
      const workspace = context.get('workspace')
      const { type } = context.req.valid('param')
      await changeRules(workspace, (rules) => {
        if (!Object.hasOwn(rules, type)) throw NotFound.create({ what: 'account rule', name: type })
        const { [type]: _gone, ...rest } = rules
        return rest
      })
      return context.json({ deleted: true as const }, 200)
    })
    .openapi(listShared, async (context) => {
      const workspace = context.get('workspace')
      const { type } = context.req.valid('param')
      const { limit, cursor } = context.req.valid('query')
      const rule = await ruleOf(workspace, type)
      const page = await accountsIn(workspace).sharing({ ...rule, limit, ...(cursor === undefined ? {} : { after: cursor }) })
      const accounts = page.rows.map(({ id, members }) => ({ type, id, members: members.length }))
      return context.json({ rule: { by: [...rule.by], most: rule.most }, accounts, next: page.next ?? null }, 200)
    })
}

const memberOf = (
  member: Partial<Membership> & { readonly profile: ProfileId },
  held: ReadonlyMap<ProfileId, Identifier[]>,
): z.infer<typeof memberView> => ({ identifiers: held.get(member.profile) ?? [], ...statusOf(member) })

const rulesAsJson = (rules: Rules): Json => Object.fromEntries(Object.entries(rules).map(([type, { by, most }]) => [type, { by, most }]))

function rulesIn(stored: Json | undefined): Rules {
  const read = z.record(z.string(), ruleView).safeParse(stored ?? {})
  return read.success ? read.data : {}
}
