import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnvironment } from '../http/environment.ts'
import type { ErrorDescription } from '../http/problem.ts'

const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tenon API</title><link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="api"></div><script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/assets/start.js"></script></body>
</html>`

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null, persistAuthorization: true })`

const policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"

/** The reference of the API and of its errors, served from this machine alone. */
export function docsRoutes(options: { readonly version: string; readonly errors: readonly ErrorDescription[] }) {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const errors = new Map(options.errors.map((kind) => [kind.code, kind]))
  return new OpenAPIHono<ApiEnvironment>()
    .get('/', (context) => context.redirect('/docs'))
    .get('/docs/', (context) => context.redirect('/docs'))
    .get('/docs', (context) => context.html(page, 200, { 'content-security-policy': policy }))
    .get('/docs/assets/start.js', (context) => context.body(start, 200, { 'content-type': 'text/javascript; charset=utf-8' }))
    .get('/docs/assets/:file', (context) => {
      const file = context.req.param('file')
      const type = assets[file]
      if (type === undefined) return context.notFound()
      const stream = Readable.toWeb(createReadStream(join(folder, file))) as ReadableStream
      return context.body(stream, 200, { 'content-type': type, 'cache-control': 'max-age=3600' })
    })
    .get('/docs/errors/:code', (context) => {
      const kind = errors.get(context.req.param('code'))
      if (kind === undefined) return context.notFound()
      return context.text(`# ${kind.code}\n\n${kind.title} (HTTP ${kind.status})\n\n${kind.help}\n`, 200, {
        'content-type': 'text/markdown; charset=utf-8',
      })
    })
}
