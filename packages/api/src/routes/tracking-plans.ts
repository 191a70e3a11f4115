import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Properties } from '@tenon/kernel/contracts'
import type { Finding } from '@tenon/plans'
import type { Definition } from '@tenon/store'
import { Conflict, DefinitionInvalid, NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { json, keyParam, label, plain, properties, shownLabel } from '../schemas/common.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'

const common = { tags: ['Tracking plans'], security }
const mode = z.enum(['allow', 'flag', 'quarantine'])

const head = { key: z.string(), label: shownLabel, version: z.int(), plan: properties, updatedAt: z.string() }
const planView = z.object(head).openapi('TrackingPlan')

const listPlans = createRoute({
  ...common,
  method: 'get',
  path: '/v1/tracking-plans',
  summary: 'The tracking plans in use',
  responses: responses(z.object({ trackingPlans: z.array(planView) }), 'The plans.'),
})

const getPlan = createRoute({
  ...common,
  method: 'get',
  path: '/v1/tracking-plans/{key}',
  summary: 'A tracking plan',
  request: { params: keyParam },
  responses: responses(planView, 'The plan.'),
})

const putPlan = createRoute({
  ...common,
  method: 'put',
  path: '/v1/tracking-plans/{key}',
  summary: 'Make or change a tracking plan; it holds within a second, everywhere',
  request: {
    params: keyParam,
    body: body(
      z.strictObject({
        label: optional(label),
        plan: z.record(z.string(), json).openapi({ type: 'object', additionalProperties: true }),
        ifVersion: optional(z.int().min(0)),
      }),
    ),
  },
  responses: responses(planView, 'The plan as it is now.'),
})

const retirePlan = createRoute({
  ...common,
  method: 'delete',
  path: '/v1/tracking-plans/{key}',
  summary: 'Take a tracking plan out of use; its versions stay',
  request: { params: keyParam },
  responses: responses(z.object({ key: z.string(), retired: z.literal(true) }), 'It is out of use.'),
})

const listVersions = createRoute({
  ...common,
  method: 'get',
  path: '/v1/tracking-plans/{key}/versions',
  summary: 'Every version that a tracking plan ever had, newest first',
  request: { params: keyParam },
  responses: responses(
    z.object({ versions: z.array(z.object({ version: z.int(), retired: z.boolean(), at: z.string(), plan: properties })) }),
    'The versions.',
  ),
})

const checkEvent = createRoute({
  ...common,
  method: 'post',
  path: '/v1/tracking-plans/{key}/check',
  summary: 'What a tracking plan says of an event; nothing is stored',
  request: {
    params: keyParam,
    body: body(
      z.strictObject({
        type: z.enum(['track', 'identify', 'page', 'screen', 'group', 'alias']).default('track'),
        name: z.string().min(1).max(512),
        properties: properties.default({}),
        traits: properties.default({}),
        context: properties.default({}),
      }),
    ),
  },
  responses: responses(
    z.object({
      outcome: z.enum(['fits', 'allow', 'flag', 'quarantine']),
      eventVersion: z.int().optional(),
      violations: z.array(z.object({ rule: z.string(), field: z.string(), message: z.string(), mode })),
    }),
    'What would become of it.',
  ),
})

export function trackingPlanRoutes({ plans }: Platform) {
  const shown = ({ key, label: name, version, definition, updatedAt }: Definition): z.infer<typeof planView> => ({
    ...{ key, label: name, version, plan: plain(definition), updatedAt: updatedAt.toISOString() },
  })

  async function find(workspace: string, key: string): Promise<Definition> {
    const found = await plans.get(workspace, key)
    if (found === undefined) throw NotFound.create({ what: 'tracking plan', name: key })
    return found
  }

  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(listPlans, async (context) => {
      const list = await plans.list(context.get('workspace'))
      return context.json({ trackingPlans: list.map(shown) }, 200)
    })
    .openapi(getPlan, async (context) => context.json(shown(await find(context.get('workspace'), context.req.valid('param').key)), 200))
    .openapi(putPlan, async (context) => {
      const { key } = context.req.valid('param')
      const { label: given, plan, ifVersion } = context.req.valid('json')
      const outcome = await plans.put(context.get('workspace'), {
        ...{ key, label: given ?? { en: key }, definition: plan as Properties },
        ...(ifVersion === undefined ? {} : { ifVersion }),
      })
      if (outcome.ok) return context.json(shown(outcome.definition), 200)
      if ('problems' in outcome)
        throw DefinitionInvalid.create({
          errors: outcome.problems.map(({ path, message }) => ({ path: path === '' ? 'plan' : `plan.${path}`, message })),
        })
      throw Conflict.create({
        problem: 'taken' in outcome ? `the plan '${outcome.taken}' is for the same` : `the plan is at version ${outcome.version}`,
      })
    })
    .openapi(retirePlan, async (context) => {
      const { key } = context.req.valid('param')
      if (!(await plans.retire(context.get('workspace'), key))) throw NotFound.create({ what: 'tracking plan', name: key })
      return context.json({ key, retired: true as const }, 200)
    })
    .openapi(listVersions, async (context) => {
      const { key } = context.req.valid('param')
      const history = await plans.versions(context.get('workspace'), key)
      if (history.length === 0) throw NotFound.create({ what: 'tracking plan', name: key })
      const versions = history.map(({ version, retired, at, definition }) => ({
        version,
        retired,
        at: at.toISOString(),
        plan: plain(definition),
      }))
      return context.json({ versions }, 200)
    })
    .openapi(checkEvent, async (context) => {
      const plan = await find(context.get('workspace'), context.req.valid('param').key)
      const { type, name, properties: said, traits, context: around } = context.req.valid('json')
      const texts = { properties: JSON.stringify(said), traits: JSON.stringify(traits), context: JSON.stringify(around) }
      const finding = plans.check(plan, { type, name, texts: { ...texts, groupTraits: texts.traits } })
      return context.json(told(finding), 200)
    })
}

const told = (finding: Finding | undefined) =>
  finding === undefined
    ? { outcome: 'fits' as const, violations: [] }
    : { outcome: finding.mode, eventVersion: finding.eventVersion, violations: finding.violations.map((violation) => ({ ...violation })) }
