import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { NotFound } from '../errors.ts'
import { boundedBytes } from '../http/bounded-bytes.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import type { Platform } from '../platform.ts'
import { problemBody } from '../schemas/respond.ts'

const receiptLimitBytes = 1024 * 1024

const page = (text: string, form: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text}</title></head>
<body style="font-family: system-ui; max-width: 32rem; margin: 4rem auto"><p>${text}</p>${form}</body></html>`

const confirmation = '<form method="post"><button>Unsubscribe · 退订</button></form>'

const pathParam = (name: string) => z.string().openapi({ param: { name, in: 'path' } })
const html = (description: string) => ({ description, content: { 'text/html': { schema: z.string() } } })

const notOneOfOurs = {
  description: 'The link is not one of ours: a page for who asks for one, a problem for all others.',
  content: { ...html('').content, ...problemBody('').content },
}

/** A person gets a page, in a browser. */
function notOurs(context: Context): Response {
  if (!(context.req.header('accept') ?? '').includes('text/html')) throw NotFound.create({ what: 'subscription', name: 'of this link' })
  return context.html(
    page('This link is not complete. Please open it once more from the message. · 链接不完整，请从原消息中重新打开。', ''),
    404,
  )
}

const askUnsubscribe = createRoute({
  method: 'get',
  path: '/u/{token}',
  tags: ['Public'],
  summary: 'The page behind an unsubscribe link; changes nothing',
  request: { params: z.object({ token: pathParam('token') }) },
  responses: { 200: html('A page that asks.'), 404: notOneOfOurs },
})

const unsubscribe = createRoute({
  method: 'post',
  path: '/u/{token}',
  tags: ['Public'],
  summary: 'Unsubscribe with one click (RFC 8058)',
  request: { params: z.object({ token: pathParam('token') }) },
  responses: { 200: html('Done.'), 404: notOneOfOurs },
})

const receiveReceipts = createRoute({
  method: 'post',
  path: '/receipts/{workspace}/{channel}',
  tags: ['Public'],
  summary: 'Call-backs of a provider; its signature is the key',
  description: 'The body is what the provider sends, in its own form, 1 MiB at the most.',
  request: { params: z.object({ workspace: pathParam('workspace'), channel: pathParam('channel') }) },
  responses: {
    200: {
      description: 'How many of them were new, came again, or are of no message that we know.',
      content: { 'application/json': { schema: z.object({ news: z.int(), repeated: z.int(), unknown: z.int() }) } },
    },
    404: problemBody('There is no such channel, or the call-back is not genuine.'),
    413: problemBody('The body is too large.'),
  },
})

/**
 * What people and providers reach without a key. GET of an unsubscribe link only asks, since mail scanners follow links;
 * POST acts (RFC 8058). Receipts are verified by the channel that they are for.
 */
export function publicRoutes({ engage }: Platform) {
  return new OpenAPIHono<ApiEnvironment>()
    .openapi(askUnsubscribe, async (context) =>
      (await engage.knowsLink(context.req.valid('param').token))
        ? context.html(page('Stop receiving these messages?', confirmation), 200)
        : notOurs(context),
    )
    .openapi(unsubscribe, async (context) =>
      (await engage.unsubscribe(context.req.valid('param').token)).ok
        ? context.html(page('You will not receive these messages any more.', ''), 200)
        : notOurs(context),
    )
    .openapi(receiveReceipts, async (context) => {
      const { workspace, channel } = context.req.valid('param')
      const body = await boundedBytes(context.req.raw, receiptLimitBytes)
      const outcome = await engage.receipts({ workspace, channel, headers: context.req.header(), body })
      if (!outcome.ok) throw NotFound.create({ what: 'channel with genuine receipts', name: channel })
      return context.json({ news: outcome.news, repeated: outcome.repeated, unknown: outcome.unknown }, 200)
    })
}
