import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { BodyTooLarge } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import type { Platform } from '../platform.ts'
import { problemBody, security } from '../schemas/respond.ts'

const uploadFile = createRoute({
  method: 'put',
  path: '/v1/imports/files/{name}',
  tags: ['Imports'],
  summary: 'Send a file to import from; one of the same name is replaced',
  description: 'The body is the file as it is, under any media type.',
  security,
  request: { params: z.object({ name: z.string().openapi({ param: { name: 'name', in: 'path' }, example: 'orders.csv' }) }) },
  responses: {
    200: {
      description: 'The file is kept.',
      content: { 'application/json': { schema: z.object({ upload: z.string(), bytes: z.number() }) } },
    },
    401: problemBody('No valid API key.'),
    413: problemBody('The file is too large.'),
    422: problemBody('No file can have this name.'),
  },
})

/** Files that are sent for an import. Not JSON, and larger than memory: served before bodies are read. */
export function importFileRoutes({ imports }: Pick<Platform, 'imports'>) {
  return new OpenAPIHono<ApiEnvironment>().openapi(uploadFile, async (context) => {
    const stream = context.req.raw.body ?? new ReadableStream<Uint8Array>({ start: (empty) => empty.close() })
    const saved = await imports.upload(context.get('workspace'), context.req.valid('param').name, stream)
    if (saved === undefined) throw BodyTooLarge.create({ limitBytes: imports.uploadBytes })
    return context.json(saved, 200)
  })
}
