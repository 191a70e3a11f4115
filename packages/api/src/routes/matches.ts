import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { MatchDecided } from '@tenon/identity'
import type { Identifier } from '@tenon/kernel/contracts'
import type { Match } from '@tenon/store'
import { Conflict, DefinitionInvalid, NotFound, RequestInvalid } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { identifier, next, paging, plain, properties, shownLabel } from '../schemas/common.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { identifiersOf } from './identifiers-of.ts'

const states = ['open', 'accepted', 'merged', 'rejected', 'unmerged', 'obsolete'] as const
const decision = z.enum(['accept', 'reject'])
const by = z.string().min(1).max(200).openapi({ description: 'Who says so, for the ledger.', example: 'an@example.com' })
const note = optional(z.string().min(1).max(2_000))

const limitsView = z
  .strictObject({
    review: z.number().positive().max(1).openapi({ description: 'From this probability on a pair is shown to somebody.' }),
    merge: optional(z.number().positive().max(1)).openapi({ description: 'From here on two merge by themselves. Absent: they never do.' }),
  })
  .openapi('MatchLimits')

const matcherView = z
  .object({
    matcher: z.string(),
    fields: z.array(z.object({ key: z.string(), label: shownLabel, from: z.record(z.string(), z.string()) })),
    limits: limitsView,
    counts: z.partialRecord(z.enum(states), z.int()),
    model: z.object({ trainedAt: z.string(), parameters: properties }).optional(),
  })
  .openapi('Matcher')

const evidenceView = z.object({
  field: z.string(),
  code: z.string(),
  weight: z.number().openapi({ description: 'In bits; negative speaks against.' }),
  detail: properties,
})

const matchView = z
  .object({
    id: z.int(),
    matcher: z.string(),
    probability: z.number(),
    weight: z.number().openapi({ description: 'The same in bits: log2 of the odds.' }),
    people: z.array(z.array(identifier)).openapi({ description: 'The two, by what they hold.' }),
    evidence: z.array(evidenceView),
    state: z.enum(states),
    proposedAt: z.string(),
    decided: z.object({ at: z.string(), by: z.string(), note: z.string().optional() }).optional(),
    merge: z.int().optional().openapi({ description: 'What `unmerge` names, where the two were joined.' }),
  })
  .openapi('Match')

const matcherParam = z.object({
  matcher: z
    .string()
    .min(1)
    .max(100)
    .openapi({ param: { name: 'matcher', in: 'path' } }),
})
const tags = ['Matches']

const listMatchers = createRoute({
  method: 'get',
  path: '/v1/matchers',
  tags,
  summary: 'What looks for people who are probably one, with the limits of the owner',
  security,
  responses: responses(z.object({ matchers: z.array(matcherView) }), 'Every matcher of the edition.'),
})

const putLimits = createRoute({
  method: 'put',
  path: '/v1/matchers/{matcher}/limits',
  tags,
  summary: 'Say from which probability on a pair is shown, and from which on it merges by itself',
  security,
  request: { params: matcherParam, body: body(limitsView) },
  responses: responses(limitsView, 'They hold from now on.'),
})

const runMatcher = createRoute({
  method: 'post',
  path: '/v1/matchers/{matcher}/run',
  tags,
  summary: 'Learn and propose anew within a minute, whatever the age of the model',
  security,
  request: { params: matcherParam },
  responses: responses(z.object({ requested: z.literal(true) }), 'It is on record.'),
})

const listMatches = createRoute({
  method: 'get',
  path: '/v1/matches',
  tags,
  summary: 'Pairs of people who are probably one, the surest first',
  security,
  request: {
    query: paging.extend({
      state: z
        .enum(states)
        .default('open')
        .openapi({ param: { name: 'state', in: 'query' } }),
      matcher: optional(z.string().min(1).max(100)).openapi({ param: { name: 'matcher', in: 'query' } }),
    }),
  },
  responses: responses(z.object({ matches: z.array(matchView), next }), 'One page.'),
})

const decideOne = createRoute({
  method: 'post',
  path: '/v1/matches/{match}/decision',
  tags,
  summary: 'Say that two people are one, or that they are not',
  security,
  request: {
    params: z.object({
      match: z.coerce
        .number()
        .int()
        .positive()
        .max(Number.MAX_SAFE_INTEGER)
        .openapi({ param: { name: 'match', in: 'path' } }),
    }),
    body: body(z.strictObject({ decision, by, note })),
  },
  responses: responses(z.object({ state: z.enum(['accepted', 'rejected']) }), 'What became of it.'),
})

const decideMany = createRoute({
  method: 'post',
  path: '/v1/matches/decisions',
  tags,
  summary: 'The same about many pairs, one after the other',
  security,
  request: { body: body(z.strictObject({ matches: z.array(z.int().positive()).min(1).max(500), decision, by, note })) },
  responses: responses(
    z.object({
      results: z.array(z.object({ match: z.int(), state: z.enum(['accepted', 'rejected']).optional(), problem: z.string().optional() })),
    }),
    'One result for each, in the same order.',
  ),
})

export function matchRoutes(platform: Platform) {
  const { matching, store } = platform
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(listMatchers, async (context) => {
      const standings = await matching.list(context.get('workspace'))
      const matchers = standings.map(({ matcher, fields, limits, counts, model }) => ({
        matcher,
        fields: fields.map(({ key, label, from }) => ({ key, label: { ...label }, from: { ...from } })),
        limits: { ...limits },
        counts: { ...counts },
        ...(model === undefined ? {} : { model: { trainedAt: model.trainedAt.toISOString(), parameters: plain(model.parameters) } }),
      }))
      return context.json({ matchers }, 200)
    })
    .openapi(putLimits, async (context) => {
      const { matcher } = context.req.valid('param')
      const limits = context.req.valid('json')
      const done = await matching.setLimits({ workspace: context.get('workspace'), matcher, limits })
      if (done === undefined) throw NotFound.create({ what: 'matcher', name: matcher })
      if (!done) throw DefinitionInvalid.create({ errors: [{ path: 'merge', message: 'must not be below review' }] })
      return context.json(limits, 200)
    })
    .openapi(runMatcher, async (context) => {
      const { matcher } = context.req.valid('param')
      if (!(await matching.request({ workspace: context.get('workspace'), matcher })))
        throw NotFound.create({ what: 'matcher', name: matcher })
      return context.json({ requested: true as const }, 200)
    })
    .openapi(listMatches, async (context) => {
      const workspace = context.get('workspace')
      const { limit, cursor, state, matcher } = context.req.valid('query')
      const after = cursor === undefined ? undefined : placeOf(cursor)
      const rows = await matching.queue({ workspace, state, limit, ...(matcher === undefined ? {} : { matcher }), ...(after && { after }) })
      const held = await identifiersOf({ store }, workspace, [...new Set(rows.flatMap(({ left, right }) => [left, right]))])
      const last = rows.length < limit ? undefined : rows.at(-1)
      return context.json(
        { matches: rows.map((row) => viewOf(row, held)), next: last === undefined ? null : `${last.weight}_${last.id}` },
        200,
      )
    })
    .openapi(decideOne, async (context) => {
      const { match } = context.req.valid('param')
      const decided = await matching.decide({ workspace: context.get('workspace'), match, ...context.req.valid('json') })
      if (decided.ok) return context.json({ state: decided.state }, 200)
      if (decided.reason === 'UNKNOWN_MATCH') throw NotFound.create({ what: 'match', name: String(match) })
      throw Conflict.create({ problem: problemOf(decided) })
    })
    .openapi(decideMany, async (context) => {
      const { matches, ...said } = context.req.valid('json')
      const results = []
      for (const match of matches) {
        const decided = await matching.decide({ workspace: context.get('workspace'), match, ...said })
        results.push(decided.ok ? { match, state: decided.state } : { match, problem: problemOf(decided) })
      }
      return context.json({ results }, 200)
    })
}

/** Why two people were not joined, in words. */
export function problemOf(outcome: Exclude<MatchDecided, { ok: true }>): string {
  switch (outcome.reason) {
    case 'UNKNOWN_MATCH':
      return 'there is no such match'
    case 'DECIDED':
      return 'it was decided before; what was joined is taken back by an unmerge'
    case 'UNKNOWN':
      return 'one of the two does not exist'
    case 'ONE_ALREADY':
      return 'the two are one person already'
    case 'KEPT_APART':
      return `the identity policy keeps them apart (${outcome.rules.join(', ')})`
  }
}

function placeOf(cursor: string): { readonly weight: number; readonly id: number } {
  const [weight, id] = cursor.split('_').map(Number)
  if (weight === undefined || !Number.isFinite(weight) || id === undefined || !Number.isSafeInteger(id)) {
    throw RequestInvalid.create({ errors: [{ path: 'cursor', message: 'is not one that a page gave' }] })
  }
  return { weight, id }
}

const viewOf = (match: Match, held: ReadonlyMap<number, Identifier[]>): z.infer<typeof matchView> => ({
  id: match.id,
  matcher: match.matcher,
  probability: match.probability,
  weight: match.weight,
  people: [held.get(match.left) ?? [], held.get(match.right) ?? []],
  evidence: match.evidence.map(({ field, code, weight, detail }) => ({ field, code, weight, detail: plain(detail) })),
  state: match.state,
  proposedAt: match.proposedAt.toISOString(),
  ...(match.decided && { decided: { ...match.decided, at: match.decided.at.toISOString() } }),
  ...(match.merge === undefined ? {} : { merge: match.merge }),
})
