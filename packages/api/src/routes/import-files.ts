import { Hono } from 'hono'
import { BodyTooLarge } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import type { Platform } from '../platform.ts'

/** Files that are sent for an import. Not JSON, and larger than memory: served before bodies are read. */
export function importFileRoutes({ imports }: Pick<Platform, 'imports'>) {
  return new Hono<ApiEnvironment>().put('/v1/imports/files/:name', async (context) => {
    const stream = context.req.raw.body ?? new ReadableStream<Uint8Array>({ start: (empty) => empty.close() })
    const saved = await imports.upload(context.get('workspace'), context.req.param('name'), stream)
    if (saved === undefined) throw BodyTooLarge.create({ limitBytes: imports.uploadBytes })
    return context.json(saved, 200)
  })
}
