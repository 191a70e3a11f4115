import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { StoredEvent } from '@tenon/analytics'
import type { TagValue } from '@tenon/kernel/contracts'
import { RequestInvalid } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { identifier, instant, next, paging, plain, profileParam, properties, reason } from '../schemas/common.ts'
import { membershipOf, membershipView } from '../schemas/membership.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { holdingProfile, profileOf } from './profile-of.ts'

export const tagValue = z.union([z.boolean(), z.number(), z.string(), z.array(z.string())])

const consentStanding = z.object({
  purpose: z.string(),
  granted: z.boolean(),
  basis: z.string().optional(),
  reason: reason.optional(),
  receipt: z
    .object({ state: z.string(), at: z.string(), expiresAt: z.string().optional(), source: z.string(), notice: z.string() })
    .optional(),
})

const profileView = z
  .object({
    identifiers: z.array(identifier.extend({ since: z.string() })),
    firstSeen: z.string().nullable(),
    traits: properties,
    tags: z.record(z.string(), z.object({ value: tagValue, at: z.string() })),
    segments: z.array(z.object({ key: z.string(), since: z.string() })),
    consent: z.array(consentStanding),
    accounts: z.array(membershipView).openapi({ description: 'What the person belongs to, and what it left, as events say.' }),
    benefits: z.array(
      z.object({
        grant: z.string(),
        benefit: z.string(),
        state: z.string(),
        code: z.string().optional(),
        issuedAt: z.string(),
        expiresAt: z.string().optional(),
      }),
    ),
  })
  .openapi('Profile')

export const eventView = z
  .object({
    messageId: z.string(),
    type: z.string(),
    name: z.string(),
    timestamp: z.string(),
    receivedAt: z.string(),
    source: z.string(),
    identifiers: z.array(identifier),
    properties,
    traits: properties,
    context: properties,
    group: z.object({ id: z.string(), traits: properties }).optional(),
  })
  .openapi('Event')

const consentInput = z.strictObject({
  purpose: z.string().min(1).max(100).openapi({ example: 'marketing.email' }),
  state: z.enum(['granted', 'denied', 'withdrawn']),
  basis: z.string().min(1).max(100).default('consent'),
  notice: z.string().min(1).max(200).default('unspecified').openapi({ description: 'Version of the notice that the person saw.' }),
  source: z.string().min(1).max(200).default('api'),
  at: optional(instant).openapi({
    description: 'When the person said so; now where absent, and where a clock is ahead by less than a day.',
  }),
  expiresAt: optional(instant).openapi({
    description: 'From then on it does not hold any more; without it, it holds until something else is said.',
  }),
  evidence: properties.default({}),
})

const getProfile = createRoute({
  method: 'get',
  path: '/v1/profiles/{profile}',
  tags: ['Profiles'],
  summary: 'Everything about one person: identifiers, traits, tags, segments, consent, benefits',
  security,
  request: { params: profileParam },
  responses: responses(profileView, 'The person behind the identifier.'),
})

const getEvents = createRoute({
  method: 'get',
  path: '/v1/profiles/{profile}/events',
  tags: ['Profiles'],
  summary: 'The events of one person, newest first',
  security,
  request: { params: profileParam, query: paging },
  responses: responses(z.object({ events: z.array(eventView), next }), 'One page of events.'),
})

const putConsents = createRoute({
  method: 'put',
  path: '/v1/profiles/{profile}/consents',
  tags: ['Profiles'],
  summary: 'Record what a person said about purposes',
  security,
  request: { params: profileParam, body: body(z.strictObject({ consents: z.array(consentInput).min(1).max(100) })) },
  responses: responses(z.object({ consent: z.array(consentStanding) }), 'How every purpose stands now.'),
})

export function profileRoutes(platform: Platform) {
  const { store, analytics, audience, benefits, gate, clock } = platform

  const consentOf = async (workspace: string, profile: number) => {
    const standings = await gate.consentsOf(workspace, profile)
    return standings.map(({ purpose, decision, receipt }) => ({
      purpose,
      granted: decision.granted,
      ...(decision.granted ? { basis: decision.basis } : { reason: { code: decision.reason.code, detail: plain(decision.reason.detail) } }),
      ...(receipt === undefined
        ? {}
        : {
            receipt: {
              state: receipt.state,
              at: receipt.at.toISOString(),
              ...(receipt.expiresAt === undefined ? {} : { expiresAt: receipt.expiresAt.toISOString() }),
              source: receipt.source,
              notice: receipt.notice,
            },
          }),
    }))
  }

  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(getProfile, async (context) => {
      const workspace = context.get('workspace')
      const profile = await profileOf(platform, context, context.req.valid('param').profile)
      const [identifiers, traits, standing, consent, accounts, grants] = await Promise.all([
        store.in(workspace).profiles.identifiers(profile),
        analytics.in(workspace).traits([profile]),
        audience.standing(workspace, profile),
        consentOf(workspace, profile),
        analytics.in(workspace).accounts.of([profile]),
        benefits.grantsOf(workspace, profile),
      ])
      const firstSeen = identifiers.map(({ since }) => since.getTime()).sort((a, b) => a - b)[0]
      return context.json(
        {
          identifiers: identifiers.map(({ type, value, since }) => ({ type, value, since: since.toISOString() })),
          firstSeen: firstSeen === undefined ? null : new Date(firstSeen).toISOString(),
          traits: plain([...traits.values()][0] ?? {}),
          tags: Object.fromEntries(
            Object.entries(standing.tags).map(([tag, { value, at }]) => [tag, { value: shown(value), at: at.toISOString() }]),
          ),
          segments: standing.segments.map(({ segment, since }) => ({ key: segment, since: since.toISOString() })),
          consent,
          accounts: accounts.map(membershipOf),
          benefits: grants.map(({ id, benefit, state, code, issuedAt, expiresAt }) => ({
            grant: id,
            benefit,
            state,
            issuedAt: issuedAt.toISOString(),
            ...(code === undefined ? {} : { code }),
            ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
          })),
        },
        200,
      )
    })
    .openapi(getEvents, async (context) => {
      const workspace = context.get('workspace')
      const profile = await profileOf(platform, context, context.req.valid('param').profile)
      const { limit, cursor } = context.req.valid('query')
      const page = await analytics.in(workspace).events({ profile, limit, ...(cursor === undefined ? {} : { before: cursor }) })
      return context.json({ events: page.rows.map(eventOf), next: page.next ?? null }, 200)
    })
    .openapi(putConsents, async (context) => {
      const workspace = context.get('workspace')
      const receipts = context.req.valid('json').consents.map(({ at, expiresAt, ...receipt }) => ({
        ...receipt,
        at: at === undefined ? clock.now() : new Date(at),
        ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
      }))
      const early = receipts.flatMap(({ at }, index) =>
        at.getTime() > clock.now().getTime() + DAY_MS ? [{ path: `body.consents[${index}].at`, message: 'lies in the future' }] : [],
      )
      if (early.length > 0) throw RequestInvalid.create({ errors: early })
      const { profile, outcome } = await holdingProfile(platform, context, context.req.valid('param').profile, async (tx, person) => ({
        profile: person,
        outcome: await gate.recordWithin(tx, person, receipts),
      }))
      if (!outcome.ok) {
        throw RequestInvalid.create({ errors: outcome.problems.map(({ path, message }) => ({ path: `body.consents${path}`, message })) })
      }
      audience.changed(workspace, [profile])
      return context.json({ consent: await consentOf(workspace, profile) }, 200)
    })
}

const DAY_MS = 86_400_000

export const shown = (value: TagValue): z.infer<typeof tagValue> =>
  value instanceof Date ? value.toISOString() : isList(value) ? [...value] : value
const isList = (value: TagValue): value is readonly string[] => Array.isArray(value)

export const eventOf = ({
  messageId,
  type,
  name,
  timestamp,
  receivedAt,
  source,
  identifiers,
  properties: props,
  traits,
  context,
  group,
}: StoredEvent): z.infer<typeof eventView> => ({
  messageId,
  type,
  name,
  timestamp: timestamp.toISOString(),
  receivedAt: receivedAt.toISOString(),
  source,
  identifiers: identifiers.map(({ type: kind, value }) => ({ type: kind, value })),
  properties: plain(props),
  traits: plain(traits),
  context: plain(context),
  ...(group === undefined ? {} : { group: { id: group.id, traits: plain(group.traits) } }),
})
