import { z } from 'zod'
import { fieldKinds } from '../comparison/kinds.ts'
import { LinkageModelForeign } from '../errors.ts'
import type { Field } from '../people/field.ts'

const share = z.number().gt(0).lte(1)

const modelSchema = z.strictObject({
  kind: z.literal('linkage/1'),
  /** The share of all pairs that are one person. */
  prior: z.number().gt(0).lt(1),
  fields: z.array(
    z.strictObject({
      key: z.string(),
      kind: z.enum(fieldKinds as readonly [Field['kind'], ...Field['kind'][]]),
      levels: z.array(z.string()),
      /** How often people and strangers meet each level. */
      m: z.array(share),
      u: z.array(share),
      /** Shares of the frequent values among people, and of a typical one of the others. Absent where it does not matter. */
      frequency: z.strictObject({ rare: share, common: z.array(z.tuple([z.string(), share])) }).exactOptional(),
    }),
  ),
})
export type LinkageModel = z.infer<typeof modelSchema>
export type FieldModel = LinkageModel['fields'][number]

export const encodeModel = (model: LinkageModel): Uint8Array => new TextEncoder().encode(JSON.stringify(model))

/** Throws `TENON_LINKAGE_MODEL_FOREIGN` on bytes that this plugin did not write for these fields. */
export function decodeModel(bytes: Uint8Array, fields: readonly Field[]): LinkageModel {
  const model = parse(bytes)
  const [made, wanted] = [model.fields, fields].map((list) => JSON.stringify(list.map(({ key, kind, levels }) => [key, kind, levels])))
  if (made !== wanted) throw LinkageModelForeign.create({ problem: 'it was made for other fields' })
  if (model.fields.some(({ levels, m, u }) => m.length !== levels.length || u.length !== levels.length)) {
    throw LinkageModelForeign.create({ problem: 'a field lacks a level' })
  }
  return model
}

function parse(bytes: Uint8Array): LinkageModel {
  try {
    return modelSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch (cause) {
    throw LinkageModelForeign.create({ problem: 'it is not a model of this plugin' }, cause)
  }
}
