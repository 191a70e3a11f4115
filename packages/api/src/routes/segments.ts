import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { type LiveSegment, outputsOf } from '@tenon/audience'
import { describeRule, type ProfileId, type Properties, parseRule, type TagValue } from '@tenon/kernel/contracts'
import { DefinitionInvalid, type FieldProblem, NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { definitionKey, identifier, instant, json, keyParam, label, next, paging, properties } from '../schemas/common.ts'
import { accepted, definitionHead, headOf, retired, retiredOf, versionCondition } from '../schemas/definition.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { identifiersOf } from './identifiers-of.ts'
import { shown, tagValue } from './profiles.ts'

const segmentView = definitionHead
  .extend({
    sentence: z.object({ en: z.string(), zh: z.string() }).optional().openapi({ description: 'The rule as people read it.' }),
    segments: z
      .array(z.object({ key: z.string(), size: z.int() }))
      .openapi({ description: 'What the definition makes, with the number of members.' }),
  })
  .openapi('Segment')

const segmentInput = z
  .strictObject({
    kind: z.string().min(1).max(100).default('rules').openapi({ description: 'Of the plugin that understands the definition.' }),
    label: optional(label),
    definition: optional(properties),
    rule: optional(json).openapi({ type: 'object', description: 'Short for `{ "kind": "rules", "definition": { "rule": … } }`.' }),
    ifVersion: versionCondition,
  })
  .refine(({ definition, rule }) => (definition === undefined) !== (rule === undefined), { message: 'give either `rule` or `definition`' })

const listSegments = createRoute({
  method: 'get',
  path: '/v1/segments',
  tags: ['Segments'],
  summary: 'All segments in use',
  security,
  responses: responses(z.object({ segments: z.array(segmentView.omit({ segments: true })) }), 'Definitions, presets of plugins included.'),
})

const getSegment = createRoute({
  method: 'get',
  path: '/v1/segments/{key}',
  tags: ['Segments'],
  summary: 'One segment with its size',
  security,
  request: { params: keyParam },
  responses: responses(segmentView, 'The definition and what it makes.'),
})

const retireSegment = createRoute({
  method: 'delete',
  path: '/v1/segments/{key}',
  tags: ['Segments'],
  summary: 'Take a segment out of use; its members leave before the answer',
  security,
  request: { params: keyParam },
  responses: responses(retired, 'It is out of use; its history stays. Again: the same answer.'),
})

const putSegment = createRoute({
  method: 'put',
  path: '/v1/segments/{key}',
  tags: ['Segments'],
  summary: 'Define a segment; it is evaluated for everybody before the answer',
  security,
  request: { params: keyParam, body: body(segmentInput) },
  responses: responses(segmentView, 'The segment as it is now.'),
})

const previewSegment = createRoute({
  method: 'post',
  path: '/v1/segments/preview',
  tags: ['Segments'],
  summary: 'How many people a rule selects, and a few of them; nothing is stored',
  security,
  request: {
    body: body(z.strictObject({ rule: json.openapi({ type: 'object' }), asOf: optional(instant) })),
  },
  responses: responses(
    z.object({
      size: z.int(),
      sample: z.array(z.object({ identifiers: z.array(identifier) })),
      sentence: z.object({ en: z.string(), zh: z.string() }),
    }),
    'The size and a sample.',
  ),
})

const withTags = paging.extend({
  tags: optional(
    z
      .string()
      .transform((keys) => keys.split(','))
      .pipe(z.array(definitionKey).max(50)),
  ).openapi({ param: { name: 'tags', in: 'query' }, type: 'string', description: 'Values of these tags as well, with commas between.' }),
})

const getMembers = createRoute({
  method: 'get',
  path: '/v1/segments/{key}/members',
  tags: ['Segments'],
  summary: 'Who is in a segment, with the tags that are asked for',
  security,
  request: { params: keyParam, query: withTags },
  responses: responses(
    z.object({
      members: z.array(z.object({ identifiers: z.array(identifier), since: z.string(), tags: z.record(z.string(), tagValue).optional() })),
      next,
    }),
    'One page of members.',
  ),
})

export function segmentRoutes(platform: Platform) {
  const { analytics, audience } = platform

  const described = ({ plan, ...segment }: LiveSegment) => ({
    ...headOf(segment),
    ...(plan.how === 'rule' ? { sentence: { en: describeRule(plan.rule, 'en'), zh: describeRule(plan.rule, 'zh') } } : {}),
  })

  async function view(workspace: string, segment: LiveSegment): Promise<z.infer<typeof segmentView>> {
    const { transitions } = analytics.in(workspace)
    const segments = await Promise.all(outputsOf(segment).map(async (key) => ({ key, size: await transitions.size(key) })))
    return { ...described(segment), segments }
  }

  async function find(workspace: string, key: string): Promise<LiveSegment> {
    const segment = await audience.definitions.segment(workspace, key)
    if (segment === undefined) throw NotFound.create({ what: 'segment', name: key })
    return segment
  }

  const people = async (workspace: string, profiles: readonly ProfileId[]) => {
    const known = await identifiersOf(platform, workspace, profiles)
    return profiles.map((profile) => ({ identifiers: known.get(profile) ?? [] }))
  }

  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(listSegments, async (context) => {
      const live = await audience.definitions.live(context.get('workspace'))
      return context.json({ segments: live.filter((each) => each.type === 'segment').map(described) }, 200)
    })
    .openapi(previewSegment, async (context) => {
      const workspace = context.get('workspace')
      const { rule: given, asOf } = context.req.valid('json')
      const parsed = parseRule(given)
      if (!parsed.ok) throw invalidRule(parsed.problems)
      const { rule } = parsed
      const preview = await audience.preview({ workspace, rule, ...(asOf === undefined ? {} : { asOf: new Date(asOf) }) })
      if (!preview.ok) throw invalidRule(preview.problems)
      const sentence = { en: describeRule(rule, 'en'), zh: describeRule(rule, 'zh') }
      return context.json({ size: preview.size, sample: await people(workspace, preview.sample), sentence }, 200)
    })
    .openapi(getSegment, async (context) => {
      const workspace = context.get('workspace')
      return context.json(await view(workspace, await find(workspace, context.req.valid('param').key)), 200)
    })
    .openapi(retireSegment, async (context) => {
      const { key } = context.req.valid('param')
      return context.json(retiredOf('segment', key, await audience.retireSegment(context.get('workspace'), key)), 200)
    })
    .openapi(putSegment, async (context) => {
      const workspace = context.get('workspace')
      const { key } = context.req.valid('param')
      const { kind, label: given, definition, rule, ifVersion } = context.req.valid('json')
      const { live } = accepted(
        'segment',
        await audience.putSegment(workspace, {
          key,
          kind,
          label: given ?? { en: key },
          definition: (definition ?? { rule }) as Properties,
          ...(ifVersion === undefined ? {} : { ifVersion }),
        }),
      )
      await audience.evaluate({ workspace, only: live })
      return context.json(await view(workspace, live), 200)
    })
    .openapi(getMembers, async (context) => {
      const workspace = context.get('workspace')
      const { key } = context.req.valid('param')
      const segment = await find(workspace, key)
      const output = outputsOf(segment).includes(key) ? key : outputsOf(segment)[0]
      if (output === undefined) throw NotFound.create({ what: 'segment', name: key })
      const { tags, ...where } = context.req.valid('query')
      const { transitions, tagValues } = analytics.in(workspace)
      const page = await transitions.members({ segment: output, ...where })
      const profiles = page.rows.map(({ profile }) => profile)
      const [known, values] = await Promise.all([
        identifiersOf(platform, workspace, profiles),
        tags === undefined ? undefined : tagValues.of(profiles, tags),
      ])
      const members = page.rows.map(({ profile, since }) => ({
        identifiers: known.get(profile) ?? [],
        since: since.toISOString(),
        ...(values === undefined ? {} : { tags: valuesIn(values.get(profile) ?? {}) }),
      }))
      return context.json({ members, next: page.next ?? null }, 200)
    })
}

const valuesIn = (tags: Readonly<Record<string, { readonly value: TagValue }>>) =>
  Object.fromEntries(Object.entries(tags).map(([key, { value }]) => [key, shown(value)]))

const invalidRule = (problems: readonly FieldProblem[]): Error =>
  DefinitionInvalid.create({ errors: problems.map(({ path, message }) => ({ path: join('rule', path), message })) })

const join = (root: string, path: string): string => (path === '' ? root : path.startsWith('[') ? `${root}${path}` : `${root}.${path}`)
