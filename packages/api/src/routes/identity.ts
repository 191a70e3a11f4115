import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Explanation, UnmergeReport } from '@tenon/identity'
import type { Identifier } from '@tenon/kernel/contracts'
import type { BlockRecord } from '@tenon/store'
import { Conflict, NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { identifier, plain, profileParam, profileReference, properties } from '../schemas/common.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { problemOf } from './matches.ts'
import { profileOf } from './profile-of.ts'

const event = z.object({ source: z.string(), messageId: z.string(), at: z.string() })

const mergeView = z
  .object({
    merge: z.int().openapi({ description: 'What `unmerge` names.' }),
    recordedAt: z.string(),
    rule: z.string().openapi({ description: 'The rule of the identity policy that joined them.' }),
    event: event.extend({ type: z.string().optional(), name: z.string().optional(), identifiers: z.array(identifier) }),
    decision: z
      .object({
        by: z.string(),
        reason: z.string().optional(),
        match: z
          .object({ id: z.int(), matcher: z.string(), probability: z.number(), weight: z.number(), because: z.array(properties) })
          .optional(),
      })
      .optional()
      .openapi({ description: 'Where no event was the cause: who joined the two, and what a matcher thought of them.' }),
    joined: z.array(identifier).openapi({ description: 'The profile that became a part of the other, as it was then.' }),
    into: z.array(identifier).openapi({ description: 'What the other profile holds of its own.' }),
    undo: z.object({ possible: z.boolean(), until: z.string(), reason: z.enum(['ALREADY_UNDONE', 'WINDOW_OVER']).optional() }),
    undoneAt: z.string().optional(),
  })
  .openapi('Merge')

const identityView = z
  .object({
    identifiers: z.array(
      identifier.extend({
        since: z.string(),
        event: event.optional().openapi({ description: 'The event that brought it, where that is still stored.' }),
      }),
    ),
    merges: z.array(mergeView).openapi({ description: 'The newest first, also those that were taken back.' }),
    blocked: z
      .array(
        z.object({
          pair: z.array(identifier),
          since: z.string(),
          heldBack: z.int(),
          last: event.optional(),
          lifted: z.object({ at: z.string(), by: z.string(), reason: z.string() }).optional(),
        }),
      )
      .openapi({
        description: 'Pairs that do not join people because a merge was taken back (`unmerged`), and how many events named both.',
      }),
    notKept: z.array(z.string()).openapi({ description: 'What nobody can say afterwards, in words.' }),
  })
  .openapi('IdentityExplanation')

const unmergeView = z
  .object({
    done: z.boolean().openapi({ description: 'False for a preview.' }),
    settled: z.boolean().openapi({ description: 'Whether late events are back already; otherwise they are within moments.' }),
    merge: z.int(),
    identifiers: z.object({ restored: z.array(identifier.extend({ late: z.boolean() })), remaining: z.array(identifier) }),
    events: z.object({ returned: z.int(), reassigned: z.int(), remaining: z.int() }),
    coupons: z.int(),
    messages: z.int(),
    consents: z.object({
      returned: z.int(),
      repeated: z.array(z.object({ side: z.enum(['restored', 'remaining']), purpose: z.string(), state: z.string() })),
    }),
    evaluated: z.object({ tags: z.array(z.string()), segments: z.array(z.string()) }),
    blocked: z.array(z.array(identifier)).openapi({ description: 'Pairs that do not join the two again.' }),
  })
  .openapi('Unmerge')

const getIdentity = createRoute({
  method: 'get',
  path: '/v1/profiles/{profile}/identity',
  tags: ['Profiles'],
  summary: 'How the person came about: which event brought which identifier, which rule joined whom, and what can be taken back',
  security,
  request: { params: profileParam },
  responses: responses(identityView, 'Identifiers and the ledger of merges.'),
})

const postUnmerge = createRoute({
  method: 'post',
  path: '/v1/profiles/{profile}/unmerge',
  tags: ['Profiles'],
  summary: 'Take a merge back, or with `preview` say what that would do',
  security,
  request: {
    params: profileParam,
    body: body(z.strictObject({ merge: z.int().positive().max(Number.MAX_SAFE_INTEGER), preview: z.boolean().default(false) })),
  },
  responses: responses(unmergeView, 'What moves, or would move.'),
})

const said = {
  by: z.string().min(1).max(200).openapi({ description: 'Who says so, for the ledger.', example: 'an@example.com' }),
  reason: z.string().min(1).max(2_000),
}

const postMerge = createRoute({
  method: 'post',
  path: '/v1/profiles/{profile}/merge',
  tags: ['Profiles'],
  summary: 'Make one person of two because somebody knows that they are one; it can be taken back like any merge',
  security,
  request: { params: profileParam, body: body(z.strictObject({ with: profileReference, ...said })) },
  responses: responses(z.object({ merge: z.int() }), 'The entry of the ledger.'),
})

const postUnblock = createRoute({
  method: 'post',
  path: '/v1/profiles/{profile}/unblock',
  tags: ['Profiles'],
  summary: 'Let an identifier of the person join it with another again, after a merge by the two was taken back',
  security,
  request: { params: profileParam, body: body(z.strictObject({ with: profileReference, ...said })) },
  responses: responses(z.object({ unblocked: z.literal(true) }), 'The next event that names both joins the two.'),
})

const NOT_KEPT = [
  'Identifiers that the policy did not use (blocked, over a limit, malformed, kept apart by an unmerge) are with their event as the sender wrote them; the rule that left them out is not kept.',
  'The event that brought an identifier is named as long as it is stored; an event that might not be kept for want of consent never was.',
] as const

const REFUSALS = {
  ALREADY_UNDONE: 'the merge was taken back before',
  WINDOW_OVER: 'the merge is older than the time in which it can be taken back',
} as const

export function identityRoutes(platform: Platform) {
  const { people } = platform
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(getIdentity, async (context) => {
      const workspace = context.get('workspace')
      const profile = await profileOf(platform, context, context.req.valid('param').profile)
      const [{ identifiers, merges }, blocks] = await Promise.all([
        people.explain({ workspace, profile }),
        people.blocks({ workspace, profile }),
      ])
      return context.json(
        {
          identifiers: identifiers.map(({ type, value, since, event: brought }) => ({
            type,
            value,
            since: since.toISOString(),
            ...(brought && { event: { ...brought, at: brought.at.toISOString() } }),
          })),
          merges: merges.map(mergeOf),
          blocked: blocks.map(blockOf),
          notKept: [...NOT_KEPT],
        },
        200,
      )
    })
    .openapi(postUnmerge, async (context) => {
      const workspace = context.get('workspace')
      const profile = await profileOf(platform, context, context.req.valid('param').profile)
      const { merge, preview } = context.req.valid('json')
      const outcome = preview ? await people.preview({ workspace, profile, merge }) : await people.unmerge({ workspace, profile, merge })
      if (!outcome.ok) {
        if (outcome.reason === 'UNKNOWN_MERGE') throw NotFound.create({ what: 'merge', name: String(merge) })
        throw Conflict.create({ problem: REFUSALS[outcome.reason] })
      }
      return context.json({ done: !preview, settled: 'settled' in outcome && outcome.settled, ...reportOf(outcome.report) }, 200)
    })
    .openapi(postMerge, async (context) => {
      const workspace = context.get('workspace')
      const { with: other, by, reason } = context.req.valid('json')
      const named = context.req.valid('param').profile
      await Promise.all([profileOf(platform, context, named), profileOf(platform, context, other)])
      const joined = await people.merge({ workspace, identifiers: [named, other], by, reason })
      if (!joined.ok) throw Conflict.create({ problem: problemOf(joined) })
      return context.json({ merge: joined.merge }, 200)
    })
    .openapi(postUnblock, async (context) => {
      const workspace = context.get('workspace')
      const { with: other, by, reason } = context.req.valid('json')
      const named = context.req.valid('param').profile
      if (!(await people.unblock({ workspace, identifiers: [named, other], by, reason }))) {
        throw NotFound.create({ what: 'blocked pair', name: `${named.type}:${named.value} and ${other.type}:${other.value}` })
      }
      return context.json({ unblocked: true as const }, 200)
    })
}

const blockOf = ({ pair, since, heldBack, last, lifted }: BlockRecord) => ({
  pair: plainOf(pair),
  since: since.toISOString(),
  heldBack,
  ...(last && { last: { ...last, at: last.at.toISOString() } }),
  ...(lifted && { lifted: { ...lifted, at: lifted.at.toISOString() } }),
})

const mergeOf = (merge: Explanation['merges'][number]): z.infer<typeof mergeView> => ({
  merge: merge.id,
  recordedAt: merge.recordedAt.toISOString(),
  rule: merge.rule,
  event: { ...merge.event, at: merge.event.at.toISOString(), identifiers: plainOf(merge.event.identifiers) },
  ...(merge.decision && { decision: decisionOf(merge.decision) }),
  joined: plainOf(merge.joined),
  into: plainOf(merge.into),
  undo: { ...merge.undo, until: merge.undo.until.toISOString() },
  ...(merge.undoneAt && { undoneAt: merge.undoneAt.toISOString() }),
})

const decisionOf = ({ match, ...rest }: NonNullable<Explanation['merges'][number]['decision']>) => ({
  ...rest,
  ...(match && { match: { ...match, because: match.because.map(plain) } }),
})

const reportOf = (report: UnmergeReport): Omit<z.infer<typeof unmergeView>, 'done' | 'settled'> => ({
  ...report,
  identifiers: {
    restored: report.identifiers.restored.map(({ type, value, late }) => ({ type, value, late })),
    remaining: plainOf(report.identifiers.remaining),
  },
  events: { ...report.events },
  consents: { returned: report.consents.returned, repeated: report.consents.repeated.map((one) => ({ ...one })) },
  evaluated: { tags: [...report.evaluated.tags], segments: [...report.evaluated.segments] },
  blocked: report.blocked.map(plainOf),
})

const plainOf = (identifiers: readonly Identifier[]) => identifiers.map(({ type, value }) => ({ type, value }))
