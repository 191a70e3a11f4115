import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { LiveTag } from '@tenon/audience'
import type { Properties } from '@tenon/kernel/contracts'
import { Conflict, DefinitionInvalid, NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { json, keyParam, label, plain, properties, shownLabel } from '../schemas/common.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { shown } from './profiles.ts'

const value = z.union([z.boolean(), z.number(), z.string(), z.array(z.string())])

const tagView = z
  .object({
    key: z.string(),
    kind: z.string(),
    label: shownLabel,
    definition: properties,
    version: z.int(),
    tags: z.array(
      z.object({
        key: z.string(),
        label: shownLabel,
        type: z.string(),
        distribution: z.array(z.object({ value, people: z.int() })).openapi({ description: 'The most frequent values, 100 at the most.' }),
      }),
    ),
  })
  .openapi('Tag')

const tagInput = z
  .strictObject({
    kind: z.string().min(1).max(100).default('measure'),
    label: label.exactOptional(),
    definition: properties.exactOptional(),
    measure: json
      .exactOptional()
      .openapi({ type: 'object', description: 'Short for `{ "kind": "measure", "definition": { "measure": … } }`.' }),
    ifVersion: z.int().nonnegative().exactOptional(),
  })
  .refine(({ definition, measure }) => (definition === undefined) !== (measure === undefined), {
    message: 'give either `measure` or `definition`',
  })

const listTags = createRoute({
  method: 'get',
  path: '/v1/tags',
  tags: ['Tags'],
  summary: 'All tags in use',
  security,
  responses: responses(z.object({ tags: z.array(tagView.omit({ tags: true })) }), 'Definitions, presets of plugins included.'),
})

const getTag = createRoute({
  method: 'get',
  path: '/v1/tags/{key}',
  tags: ['Tags'],
  summary: 'One tag with the distribution of its values',
  security,
  request: { params: keyParam },
  responses: responses(tagView, 'The definition and what it makes.'),
})

const retireTag = createRoute({
  method: 'delete',
  path: '/v1/tags/{key}',
  tags: ['Tags'],
  summary: 'Take a tag out of use; its values end before the answer',
  security,
  request: { params: keyParam },
  responses: responses(
    z.object({ key: z.string(), retired: z.literal(true) }),
    'It is out of use; its history stays. Again: the same answer.',
  ),
})

const putTag = createRoute({
  method: 'put',
  path: '/v1/tags/{key}',
  tags: ['Tags'],
  summary: 'Define a tag; it is computed for everybody before the answer',
  security,
  request: { params: keyParam, body: body(tagInput) },
  responses: responses(tagView, 'The tag as it is now.'),
})

export function tagRoutes({ analytics, audience }: Platform) {
  const headOf = ({ key, kind, label: name, definition, version }: LiveTag) => ({
    key,
    kind,
    label: name,
    definition: plain(definition),
    version,
  })

  async function view(workspace: string, tag: LiveTag): Promise<z.infer<typeof tagView>> {
    const { tagValues } = analytics.in(workspace)
    const descriptions = tag.plan.how === 'model' ? tag.plan.tags : [tag.plan.tag]
    const tags = descriptions.map(async ({ key, label: name, type }) => {
      const distribution = await tagValues.distribution(key, { limit: 100 })
      return { key, label: name, type, distribution: distribution.map((each) => ({ value: shown(each.value), people: each.people })) }
    })
    return { ...headOf(tag), tags: await Promise.all(tags) }
  }

  return new OpenAPIHono<ApiEnvironment>({ defaultHook: onInvalid })
    .openapi(listTags, async (context) => {
      const live = await audience.definitions.live(context.get('workspace'))
      return context.json({ tags: live.filter((each) => each.type === 'tag').map(headOf) }, 200)
    })
    .openapi(getTag, async (context) => {
      const workspace = context.get('workspace')
      const { key } = context.req.valid('param')
      const tag = await audience.definitions.tag(workspace, key)
      if (tag === undefined) throw NotFound.create({ what: 'tag', name: key })
      return context.json(await view(workspace, tag), 200)
    })
    .openapi(retireTag, async (context) => {
      const { key } = context.req.valid('param')
      const outcome = await audience.retireTag(context.get('workspace'), key)
      if (outcome === undefined) throw NotFound.create({ what: 'tag', name: key })
      if (!outcome.ok) throw Conflict.create({ problem: outcome.problems.map(({ message }) => message).join('; ') })
      return context.json({ key, retired: true as const }, 200)
    })
    .openapi(putTag, async (context) => {
      const workspace = context.get('workspace')
      const { key } = context.req.valid('param')
      const { kind, label: given, definition, measure, ifVersion } = context.req.valid('json')
      const outcome = await audience.putTag(workspace, {
        key,
        kind,
        label: given ?? { en: key },
        definition: (definition ?? { measure }) as Properties,
        ...(ifVersion === undefined ? {} : { ifVersion }),
      })
      if (!outcome.ok && 'version' in outcome) throw Conflict.create({ problem: `the tag is at version ${outcome.version}` })
      if (!outcome.ok) throw DefinitionInvalid.create({ errors: outcome.problems })
      await audience.evaluate({ workspace, only: outcome.live })
      return context.json(await view(workspace, outcome.live), 200)
    })
}
