import type { z } from 'zod'
import { ImportInvalid, type ImportProblem } from '../errors.ts'
import { type CompiledMapping, compileMapping, type MappingContext } from '../mapping/compile-mapping.ts'
import { mappingSchema } from '../mapping/mapping.ts'
import { type ImportSource, nameOf, sourceSchema } from '../source/source.ts'

/** A source and a mapping as somebody sent them, checked; the key is the name of the source where there is none. Throws `TENON_IMPORT_INVALID` with everything that is wrong. */
export function readRequest(
  request: { readonly key?: string; readonly source: unknown; readonly mapping: unknown },
  { startedAt }: Pick<MappingContext, 'startedAt'>,
): { readonly key: string; readonly source: ImportSource; readonly mapping: CompiledMapping } {
  const source = sourceSchema.safeParse(request.source)
  const mapping = mappingSchema.safeParse(request.mapping)
  const problems = [...problemsOf('source', source), ...problemsOf('mapping', mapping)]
  if (!source.success || !mapping.success) throw ImportInvalid.create({ errors: problems })
  const key = request.key ?? nameOf(source.data)
  const compiled = compileMapping(mapping.data, { key, startedAt })
  if (!compiled.ok)
    throw ImportInvalid.create({ errors: compiled.problems.map(({ path, message }) => ({ path: `mapping.${path}`, message })) })
  return { key, source: source.data, mapping: compiled.mapping }
}

function problemsOf(root: string, result: z.ZodSafeParseResult<unknown>): readonly ImportProblem[] {
  if (result.success) return []
  return result.error.issues.map(({ path, message, code }) => ({
    path: path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`), root),
    message: code === 'invalid_union' ? `${message}: none of the forms in the guide to imports` : message,
  }))
}
