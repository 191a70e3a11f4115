import { z } from '@hono/zod-openapi'
import type { Definition } from '@tenon/store'
import { Conflict, DefinitionInvalid, NotFound } from '../errors.ts'
import { plain, properties, shownLabel } from './common.ts'
import { optional } from './optional.ts'

/** What every definition shows of itself: segments, tags, benefits. */
export const definitionHead = z.object({
  key: z.string(),
  kind: z.string(),
  label: shownLabel,
  definition: properties,
  version: z.int(),
})

export const headOf = ({ key, kind, label, definition, version }: Pick<Definition, keyof z.infer<typeof definitionHead>>) => ({
  key,
  kind,
  label,
  definition: plain(definition),
  version,
})

/** What a writer may say about a definition besides its content. */
export const versionCondition = optional(z.int().nonnegative()).openapi({
  description: 'Only if this is the version in use; 0: only if there is none.',
})

interface Problem {
  readonly path: string
  readonly message: string
}

type Put =
  | { readonly ok: true }
  | { readonly ok: false; readonly version: number }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** The outcome where it is a success. Throws what the caller of the API is to read otherwise. */
export function accepted<P extends Put>(what: string, put: P): Extract<P, { readonly ok: true }> {
  if (isAccepted(put)) return put
  if ('version' in put) throw Conflict.create({ problem: `the ${what} is at version ${put.version}` })
  throw DefinitionInvalid.create({ errors: 'problems' in put ? put.problems : [] })
}

const isAccepted = <P extends Put>(put: P): put is Extract<P, { readonly ok: true }> => put.ok

export const retired = z.object({ key: z.string(), retired: z.literal(true) })

/** Throws where there is no such definition, and where others still need it. */
export function retiredOf(
  what: string,
  key: string,
  outcome: { readonly ok: true } | { readonly ok: false; readonly problems: readonly Problem[] } | undefined,
): z.infer<typeof retired> {
  if (outcome === undefined) throw NotFound.create({ what, name: key })
  if (!outcome.ok) throw Conflict.create({ problem: outcome.problems.map(({ message }) => message).join('; ') })
  return { key, retired: true }
}
