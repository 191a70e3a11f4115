import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { LiveTag } from '@tenon/audience'
import type { Properties } from '@tenon/kernel/contracts'
import { NotFound } from '../errors.ts'
import type { ApiEnvironment } from '../http/environment.ts'
import { onInvalid } from '../http/on-invalid.ts'
import type { Platform } from '../platform.ts'
import { json, keyParam, label, properties, shownLabel } from '../schemas/common.ts'
import { accepted, definitionHead, headOf, retired, retiredOf, versionCondition } from '../schemas/definition.ts'
import { optional } from '../schemas/optional.ts'
import { body, responses, security } from '../schemas/respond.ts'
import { shown } from './profiles.ts'

const value = z.union([z.boolean(), z.number(), z.string(), z.array(z.string())])

const tagView = definitionHead
  .extend({
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
    label: optional(label),
    definition: optional(properties),
    measure: optional(json).openapi({ type: 'object', description: 'Short for `{ "kind": "measure", "definition": { "measure": … } }`.' }),
    ifVersion: versionCondition,
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
  responses: responses(retired, 'It is out of use; its history stays. Again: the same answer.'),
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
      return context.json(retiredOf('tag', key, await audience.retireTag(context.get('workspace'), key)), 200)
    })
    .openapi(putTag, async (context) => {
      const workspace = context.get('workspace')
      const { key } = context.req.valid('param')
      const { kind, label: given, definition, measure, ifVersion } = context.req.valid('json')
      const { live } = accepted(
        'tag',
        await audience.putTag(workspace, {
          key,
          kind,
          label: given ?? { en: key },
          definition: (definition ?? { measure }) as Properties,
          ...(ifVersion === undefined ? {} : { ifVersion }),
        }),
      )
      await audience.evaluate({ workspace, only: live })
      return context.json(await view(workspace, live), 200)
    })
}
