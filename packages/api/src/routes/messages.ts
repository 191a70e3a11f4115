import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Reason } from '@tenon/kernel/contracts'
import { NotFound, RequestInvalid } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { instant, plain, profileReference, properties, reason } from '../schemas/common.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { profileOf } from './profile-of.ts'

const sendInput = z.strictObject({
  channel: optional(z.string().min(1).max(100)).openapi({
    description: 'The instance; may be left out where the edition has one channel.',
  }),
  profile: profileReference,
  purpose: z.string().min(1).max(100).openapi({ example: 'marketing' }),
  content: properties.openapi({ description: 'What the channel asks for: an e-mail has subject, text, html.' }),
  locale: optional(z.string().max(35)),
  notBefore: optional(instant),
  idempotencyKey: optional(z.string().min(1).max(256)),
})

const accepted = z
  .object({
    id: z.string(),
    channel: z.string(),
    state: z.string().openapi({ description: '`dropped` with a reason where there is no consent or no address.' }),
    reason: reason.optional(),
    repeated: z.boolean(),
  })
  .openapi('AcceptedMessage')

const messageView = z
  .object({
    id: z.string(),
    channel: z.string(),
    purpose: z.string(),
    state: z.string(),
    reason: reason.optional(),
    attempts: z.int(),
    createdAt: z.string(),
    updatedAt: z.string(),
    ledger: z.array(z.object({ what: z.string(), attempt: z.int(), at: z.string(), detail: properties })),
  })
  .openapi('Message')

const idParam = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) })

const postMessage = createRoute({
  method: 'post',
  path: '/v1/messages',
  tags: ['Messages'],
  summary: 'Send a message to a person, if they agreed to its purpose',
  security,
  request: { body: body(sendInput) },
  responses: responses(accepted, 'The message is in the ledger.'),
})

const getMessage = createRoute({
  method: 'get',
  path: '/v1/messages/{id}',
  tags: ['Messages'],
  summary: 'One message and everything that happened to it',
  security,
  request: { params: idParam },
  responses: responses(messageView, 'The message with its ledger, the oldest entry first.'),
})

const shownReason = ({ code, detail }: Reason) => ({ reason: { code, detail: plain(detail) } })

export function messageRoutes(platform: Platform) {
  const { engage } = platform
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(postMessage, async (context) => {
      const workspace = context.get('workspace')
      const { profile: reference, idempotencyKey = randomUUID(), notBefore, ...request } = context.req.valid('json')
      const profile = await profileOf(platform, context, reference)
      const outcome = await engage.send({
        workspace,
        profile,
        idempotencyKey,
        ...request,
        ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
      })
      if (!outcome.ok) {
        throw RequestInvalid.create({ errors: outcome.problems.map(({ path, message }) => ({ path: `body.${path}`, message })) })
      }
      const { id, channel, state, repeated } = outcome
      return context.json({ id, channel, state, repeated, ...(outcome.reason === undefined ? {} : shownReason(outcome.reason)) }, 200)
    })
    .openapi(getMessage, async (context) => {
      const workspace = context.get('workspace')
      const { id } = context.req.valid('param')
      const message = await engage.message({ workspace, id })
      if (message === undefined) throw NotFound.create({ what: 'message', name: id })
      const ledger = await engage.deliveries({ workspace, id })
      const { channel, purpose, state, attempts, createdAt, updatedAt } = message
      return context.json(
        {
          id,
          channel,
          purpose,
          state,
          attempts,
          createdAt: createdAt.toISOString(),
          updatedAt: updatedAt.toISOString(),
          ledger: ledger.map(({ what, attempt, at, detail }) => ({ what, attempt, at: at.toISOString(), detail: plain(detail) })),
          ...(message.reason === undefined ? {} : shownReason(message.reason)),
        },
        200,
      )
    })
}
