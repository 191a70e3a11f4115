import { OpenAPIHono } from '@hono/zod-openapi'
import { BodyTooLarge, NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import type { Platform } from '../platform.ts'

const receiptLimitBytes = 1024 * 1024

const page = (text: string, form: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text}</title></head>
<body style="font-family: system-ui; max-width: 32rem; margin: 4rem auto"><p>${text}</p>${form}</body></html>`

const confirmation = '<form method="post"><button>Unsubscribe · 退订</button></form>'

/**
 * What people and providers reach without a key. GET of an unsubscribe link only asks, since mail scanners follow links;
 * POST acts (RFC 8058). Receipts are verified by the channel that they are for.
 */
export function publicRoutes({ engage }: Platform) {
  return new OpenAPIHono<ApiEnvironment>()
    .get('/u/:token', (context) => context.html(page('Stop receiving these messages?', confirmation)))
    .post('/u/:token', async (context) => {
      const outcome = await engage.unsubscribe(context.req.param('token'))
      if (!outcome.ok) throw NotFound.create({ what: 'subscription', name: 'of this link' })
      return context.html(page('You will not receive these messages any more.', ''))
    })
    .post('/receipts/:workspace/:channel', async (context) => {
      const { workspace, channel } = context.req.param()
      if (Number(context.req.header('content-length') ?? 0) > receiptLimitBytes)
        throw BodyTooLarge.create({ limitBytes: receiptLimitBytes })
      const body = new Uint8Array(await context.req.arrayBuffer())
      if (body.byteLength > receiptLimitBytes) throw BodyTooLarge.create({ limitBytes: receiptLimitBytes })
      const outcome = await engage.receipts({ workspace, channel, headers: context.req.header(), body })
      if (!outcome.ok) throw NotFound.create({ what: 'channel with genuine receipts', name: channel })
      return context.json({ news: outcome.news, repeated: outcome.repeated, unknown: outcome.unknown }, 200)
    })
}
