import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { EventDraft } from '@tenon/kernel/contracts'
import type { StoredImport } from '@tenon/store'
import { Conflict, NotFound, RequestInvalid } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { json, next, paging, plain, properties } from '../schemas/common.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'

const problems = z.array(z.object({ path: z.string(), message: z.string() }))

const importView = z
  .object({
    id: z.string(),
    key: z.string().openapi({ description: 'Part of every message id: rows that came under a key do not come again under it.' }),
    state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
    source: properties,
    mapping: properties,
    maxFailures: z.int(),
    pieces: z
      .array(z.object({ name: z.string(), bytes: z.number().optional() }))
      .openapi({ description: 'The files or objects of the source.' }),
    progress: z.object({
      piece: z.int().openapi({ description: 'The part that is being read, from 0.' }),
      rows: z.int().openapi({ description: 'Rows that were read.' }),
      totalRows: z.int().nullable().openapi({ description: 'About how many there are; null where nobody knows.' }),
      accepted: z
        .int()
        .openapi({ description: 'Rows that are events in the log; those that came before are found to be duplicates behind it.' }),
      failed: z.int().openapi({ description: 'Rows that are failed events.' }),
      became: z
        .object({
          stored: z.int().openapi({ description: 'New events.' }),
          duplicate: z.int().openapi({ description: 'Rows that had come before, under the key of the import.' }),
          failed: z.int().openapi({ description: 'Failed events, those that could not be mapped among them.' }),
          dropped: z.int().openapi({ description: 'Rows of which nothing may be kept.' }),
        })
        .nullable()
        .openapi({
          description:
            'What became of them behind the log so far: together `accepted` and `failed` once all are stored, and more where rows were put into the log again, as after the death of a process. Null before the first row, and where it was not counted.',
        }),
    }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
    finishedAt: z.string().nullable(),
  })
  .openapi('Import')

const previewView = z
  .object({
    pieces: z.array(z.object({ name: z.string(), bytes: z.number().optional() })),
    columns: z.array(z.string()),
    rows: z.array(
      z.object({
        raw: z.union([properties, z.string()]),
        event: properties.optional(),
        problem: z.object({ code: z.string(), message: z.string() }).optional(),
      }),
    ),
    problems,
  })
  .openapi('ImportPreview')

const object = z.record(z.string(), json).openapi({ type: 'object', additionalProperties: true })
const request = {
  source: object.openapi({ description: 'Where rows come from: see the guide to imports.', example: { file: 'orders.csv' } }),
  mapping: object.openapi({
    description: 'What a row becomes: see the guide to imports.',
    example: { name: 'Order Completed', identifiers: { user_id: 'customer' } },
  }),
  key: optional(z.string().min(1).max(200)),
}
const importParam = z.object({ import: z.uuid().openapi({ param: { name: 'import', in: 'path' } }) })

const previewImport = createRoute({
  method: 'post',
  path: '/v1/imports/preview',
  tags: ['Imports'],
  summary: 'What the first rows of a source would become; nothing is kept',
  security,
  request: { body: body(z.strictObject({ ...request, rows: z.int().min(1).max(200).default(20) })) },
  responses: responses(previewView, 'Rows as they are, as events, and what is wrong with each.'),
})

const createImport = createRoute({
  method: 'post',
  path: '/v1/imports',
  tags: ['Imports'],
  summary: 'Import a file, objects or a table',
  security,
  request: { body: body(z.strictObject({ ...request, maxFailures: z.int().min(0).max(1_000_000).default(1_000) })) },
  responses: responses(importView, 'The import, which begins as soon as nothing else is read.'),
})

const listImports = createRoute({
  method: 'get',
  path: '/v1/imports',
  tags: ['Imports'],
  summary: 'Imports, the newest first',
  security,
  request: { query: paging },
  responses: responses(z.object({ imports: z.array(importView), next }), 'One page.'),
})

const getImport = createRoute({
  method: 'get',
  path: '/v1/imports/{import}',
  tags: ['Imports'],
  summary: 'How far an import is',
  security,
  request: { params: importParam },
  responses: responses(importView, 'The import.'),
})

const steer = (verb: 'cancel' | 'resume', summary: string) =>
  createRoute({
    method: 'post',
    path: `/v1/imports/{import}/${verb}` as const,
    tags: ['Imports'],
    summary,
    security,
    request: { params: importParam, body: body(z.strictObject({})) },
    responses: responses(importView, 'The import as it is now.'),
  })

const cancelImport = steer('cancel', 'Stop an import; what is in the log stays')
const resumeImport = steer('resume', 'Go on with an import that failed or was cancelled, where it stopped')

export function importRoutes({ imports }: Platform) {
  const viewOf = async (workspace: string, id: string) => {
    const found = await imports.get(workspace, id)
    if (found === undefined) throw NotFound.create({ what: 'import', name: id })
    return importOf(found)
  }
  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(previewImport, async (context) => {
      const preview = await imports.preview({ workspace: context.get('workspace'), ...context.req.valid('json') })
      const rows = preview.rows.map(({ raw, event, problem }) => ({
        raw: typeof raw === 'string' ? raw : plain(raw),
        ...(event === undefined ? {} : { event: eventOf(event) }),
        ...(problem === undefined ? {} : { problem }),
      }))
      return context.json({ pieces: [...preview.pieces], columns: [...preview.columns], rows, problems: [...preview.problems] }, 200)
    })
    .openapi(createImport, async (context) => {
      const given = context.req.valid('json')
      const made = await imports.create({ workspace: context.get('workspace'), ...given })
      if (made === undefined) throw Conflict.create({ problem: 'another import of this key is under way' })
      return context.json(importOf(made), 200)
    })
    .openapi(listImports, async (context) => {
      const { limit, cursor } = context.req.valid('query')
      const page = await imports.list(context.get('workspace'), {
        limit: limit + 1,
        ...(cursor === undefined ? {} : { before: placeOf(cursor) }),
      })
      const shown = page.slice(0, limit)
      const last = page.length > limit ? shown.at(-1) : undefined
      return context.json({ imports: shown.map(importOf), next: last === undefined ? null : `${last.createdAt.getTime()}.${last.id}` }, 200)
    })
    .openapi(getImport, async (context) => context.json(await viewOf(context.get('workspace'), context.req.valid('param').import), 200))
    .openapi(cancelImport, async (context) => {
      const [workspace, { import: id }] = [context.get('workspace'), context.req.valid('param')]
      if (!(await imports.cancel(workspace, id))) {
        const { state } = await viewOf(workspace, id)
        throw Conflict.create({ problem: `the import is ${state}` })
      }
      return context.json(await viewOf(workspace, id), 200)
    })
    .openapi(resumeImport, async (context) => {
      const [workspace, { import: id }] = [context.get('workspace'), context.req.valid('param')]
      if (!(await imports.resume(workspace, id))) {
        const { state } = await viewOf(workspace, id)
        throw Conflict.create({ problem: `the import is ${state}, or another one of its key is under way` })
      }
      return context.json(await viewOf(workspace, id), 200)
    })
}

/** As it would be sent. */
const eventOf = ({ timestamp, group, identifiers, ...draft }: EventDraft) =>
  plain({
    ...draft,
    identifiers: identifiers.map(({ type, value }) => ({ type, value })),
    timestamp: timestamp.toISOString(),
    ...(group === undefined ? {} : { group: { id: group.id, traits: group.traits } }),
  })

/** Where a page begins, from the cursor of the page before. */
function placeOf(cursor: string): { readonly createdAt: Date; readonly id: string } {
  const [, at, id] = /^(\d{1,15})\.([\da-f-]{36})$/.exec(cursor) ?? []
  if (at === undefined || id === undefined || !z.uuid().safeParse(id).success)
    throw RequestInvalid.create({ errors: [{ path: 'query.cursor', message: 'is no cursor of this list' }] })
  return { createdAt: new Date(Number(at)), id }
}

const importOf = (found: StoredImport): z.infer<typeof importView> => ({
  id: found.id,
  key: found.key,
  state: found.state,
  source: found.source as z.infer<typeof properties>,
  mapping: found.mapping as z.infer<typeof properties>,
  maxFailures: found.maxFailures,
  pieces: (found.pieces ?? []).map(({ name, bytes }) => ({ name, ...(bytes === undefined ? {} : { bytes }) })),
  progress: { piece: found.place.piece, totalRows: found.totalRows ?? null, ...found.counts, became: found.became ?? null },
  error: found.error === undefined ? null : { code: found.error.code, message: found.error.message },
  createdAt: found.createdAt.toISOString(),
  updatedAt: found.updatedAt.toISOString(),
  finishedAt: found.finishedAt?.toISOString() ?? null,
})
