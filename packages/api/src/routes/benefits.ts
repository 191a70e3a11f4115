import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { BenefitAnswer } from '@tenon/decision'
import type { Basket, Properties } from '@tenon/kernel/contracts'
import type { Context } from 'hono'
import { NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { instant, json, keyParam, label, plain, profileReference, properties, reason } from '../schemas/common.ts'
import { accepted, definitionHead, headOf, versionCondition } from '../schemas/definition.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { profileOf } from './profile-of.ts'

const minorUnits = z.int().nonnegative().max(1e12)

const basket = z
  .strictObject({
    id: z.string().min(1).max(200),
    currency: z.string().regex(/^[A-Z]{3}$/, 'three letters of ISO 4217'),
    total: minorUnits.openapi({ description: 'Minor units, such as cents.' }),
    lines: z
      .array(
        z.strictObject({
          item: z.string().min(1).max(200),
          categories: z.array(z.string().min(1).max(200)).max(20).default([]),
          quantity: z.int().positive().max(1e6).default(1),
          amount: minorUnits,
        }),
      )
      .max(1_000)
      .default([]),
  })
  .openapi('Basket')

const benefitView = definitionHead
  .extend({
    issued: z.int(),
    spent: z.number(),
  })
  .openapi('Benefit')

const benefitInput = z.strictObject({
  kind: z.string().min(1).max(100).default('coupon'),
  label: optional(label),
  terms: properties,
  eligibility: optional(json).openapi({ type: 'object', description: 'A rule.' }),
  stock: optional(z.int().nonnegative().max(2_147_483_647)),
  perPerson: optional(z.int().positive().max(1_000_000)),
  budget: optional(z.int().nonnegative().max(1e15)).openapi({ description: 'Minor units that all redemptions may cost.' }),
  validFrom: optional(instant),
  validTo: optional(instant),
  ifVersion: versionCondition,
})

const outcome = z
  .object({
    ok: z.boolean(),
    reason: reason.optional().openapi({
      description:
        'Why not, where `ok` is false: `OUT_OF_STOCK`, `NO_CONSENT`, … `NOT_ELIGIBLE` names in `detail.failed` the conditions of the rule that fail, by `path`, `kind` and `name`.',
    }),
    replayed: z.boolean().openapi({ description: 'The idempotency key was used before: this is the answer of then.' }),
    transaction: z.string().optional(),
    value: z.number().optional().openapi({
      description:
        'What the person gains by it, in minor units or points: 0 where a coupon is issued, the discount where it is redeemed, negative where that is taken back.',
    }),
    grants: z
      .array(
        z.object({ grant: z.string(), state: z.string(), code: z.string().optional(), expiresAt: z.string().optional(), data: properties }),
      )
      .optional(),
  })
  .openapi('BenefitOutcome')

const idempotencyKey = optional(z.string().min(1).max(200)).openapi({
  description: 'The same key gets the same answer. Made for you where absent.',
})
const amount = optional(z.int().positive().max(1e9))

const listBenefits = createRoute({
  method: 'get',
  path: '/v1/benefits',
  tags: ['Benefits'],
  summary: 'The catalogue',
  security,
  responses: responses(z.object({ benefits: z.array(benefitView.omit({ issued: true, spent: true })) }), 'All benefits in use.'),
})
const getBenefit = createRoute({
  method: 'get',
  path: '/v1/benefits/{key}',
  tags: ['Benefits'],
  summary: 'One benefit with its counters',
  security,
  request: { params: keyParam },
  responses: responses(benefitView, 'The benefit.'),
})
const putBenefit = createRoute({
  method: 'put',
  path: '/v1/benefits/{key}',
  tags: ['Benefits'],
  summary: 'Define a benefit',
  security,
  request: { params: keyParam, body: body(benefitInput) },
  responses: responses(benefitView, 'The benefit as it is now.'),
})
const issue = createRoute({
  method: 'post',
  path: '/v1/benefits/{key}/issue',
  tags: ['Benefits'],
  summary: 'Give a benefit to a person, within eligibility, consent, stock, limits and budget',
  security,
  request: {
    params: keyParam,
    body: body(z.strictObject({ profile: profileReference, amount, idempotencyKey, why: properties.default({}) })),
  },
  responses: responses(outcome, 'What happened; refusals are answers too.'),
})
const use = z
  .strictObject({
    code: optional(z.string().min(1).max(100)),
    grant: optional(z.uuid()),
    profile: optional(profileReference),
    basket: optional(basket),
    amount,
    idempotencyKey,
  })
  .refine(({ code, grant, profile }) => [code, grant, profile].filter((given) => given !== undefined).length === 1, {
    message: 'give exactly one of `code`, `grant` and `profile`',
  })
const redeem = createRoute({
  method: 'post',
  path: '/v1/benefits/{key}/redeem',
  tags: ['Benefits'],
  summary: 'Use a benefit for an order',
  security,
  request: { params: keyParam, body: body(use) },
  responses: responses(outcome, 'What happened; refusals are answers too.'),
})
const hold = createRoute({
  method: 'post',
  path: '/v1/benefits/{key}/hold',
  tags: ['Benefits'],
  summary: 'Reserve a benefit for an order that is not paid yet',
  security,
  request: { params: keyParam, body: body(use) },
  responses: responses(outcome, 'What happened; refusals are answers too.'),
})
const rollBack = createRoute({
  method: 'post',
  path: '/v1/benefits/{key}/roll-back',
  tags: ['Benefits'],
  summary: 'Take a transaction back, or a part of it',
  security,
  request: { params: keyParam, body: body(z.strictObject({ transaction: z.uuid(), amount, idempotencyKey })) },
  responses: responses(outcome, 'What happened; refusals are answers too.'),
})

export function benefitRoutes(platform: Platform) {
  const { benefits } = platform
  const view = async (workspace: string, key: string): Promise<z.infer<typeof benefitView>> => {
    const benefit = await benefits.get(workspace, key)
    if (benefit === undefined) throw NotFound.create({ what: 'benefit', name: key })
    return { ...headOf(benefit), issued: benefit.counters.issued, spent: benefit.counters.spent }
  }
  const holdingOf = async (
    context: Context<ApiEnvironment>,
    { code, grant, profile }: Pick<z.infer<typeof use>, 'code' | 'grant' | 'profile'>,
  ) => {
    if (code !== undefined) return { code }
    if (grant !== undefined) return { grant }
    if (profile !== undefined) return { profile: await profileOf(platform, context, profile) }
    throw NotFound.create({ what: 'grant', name: '' })
  }
  const using = async (
    context: Context<ApiEnvironment>,
    key: string,
    { code, grant, profile, basket: cart, idempotencyKey: id, ...rest }: z.infer<typeof use>,
  ) => ({
    workspace: context.get('workspace'),
    benefit: key,
    idempotencyKey: id ?? randomUUID(),
    holding: await holdingOf(context, { ...(code && { code }), ...(grant && { grant }), ...(profile && { profile }) }),
    ...(cart === undefined ? {} : { basket: cart satisfies Basket }),
    ...rest,
  })

  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(listBenefits, async (context) => context.json({ benefits: (await benefits.list(context.get('workspace'))).map(headOf) }, 200))
    .openapi(getBenefit, async (context) => context.json(await view(context.get('workspace'), context.req.valid('param').key), 200))
    .openapi(putBenefit, async (context) => {
      const workspace = context.get('workspace')
      const { key } = context.req.valid('param')
      const { kind, label: given, ifVersion, ...definition } = context.req.valid('json')
      accepted(
        'benefit',
        await benefits.put(workspace, {
          key,
          kind,
          label: given ?? { en: key },
          definition: definition as Properties,
          ...(ifVersion === undefined ? {} : { ifVersion }),
        }),
      )
      return context.json(await view(workspace, key), 200)
    })
    .openapi(issue, async (context) => {
      const workspace = context.get('workspace')
      const { key } = context.req.valid('param')
      const { profile: reference, idempotencyKey: id = randomUUID(), why, ...rest } = context.req.valid('json')
      const profile = await profileOf(platform, context, reference)
      const answer = await benefits.issue({ workspace, benefit: key, profile, idempotencyKey: id, why: why as Properties, ...rest })
      return context.json(answerOf(key, answer), 200)
    })
    .openapi(redeem, async (context) => {
      const { key } = context.req.valid('param')
      const answer = await benefits.redeem(await using(context, key, context.req.valid('json')))
      return context.json(answerOf(key, answer), 200)
    })
    .openapi(hold, async (context) => {
      const { key } = context.req.valid('param')
      const answer = await benefits.hold(await using(context, key, context.req.valid('json')))
      return context.json(answerOf(key, answer), 200)
    })
    .openapi(rollBack, async (context) => {
      const { key } = context.req.valid('param')
      const { idempotencyKey: id = randomUUID(), ...rest } = context.req.valid('json')
      const answer = await benefits.rollBack({ workspace: context.get('workspace'), benefit: key, idempotencyKey: id, ...rest })
      return context.json(answerOf(key, answer), 200)
    })
}

function answerOf(key: string, answer: BenefitAnswer | undefined): z.infer<typeof outcome> {
  if (answer === undefined) throw NotFound.create({ what: 'benefit', name: key })
  const { replayed } = answer
  if (!answer.ok) return { ok: false, reason: { code: answer.reason.code, detail: plain(answer.reason.detail) }, replayed }
  const { transaction, grants } = answer
  return {
    ok: true,
    replayed,
    transaction: transaction.id,
    value: transaction.value,
    grants: grants.map(({ id, state, code, expiresAt, data }) => ({
      grant: id,
      state,
      data: plain(data),
      ...(code === undefined ? {} : { code }),
      ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    })),
  }
}
