import type { ConfigSchema } from '@tenon/kernel'
import type { Properties } from '@tenon/kernel/contracts'
import type { DefinitionProblem } from './problem.ts'

/** The body of a definition as its plugin wants it, or what is wrong with it, where. */
export async function validate(
  schema: ConfigSchema,
  definition: Properties,
): Promise<{ readonly value?: Properties; readonly problems: readonly DefinitionProblem[] }> {
  const result = await schema['~standard'].validate(definition)
  if (result.issues === undefined) return { value: result.value, problems: [] }
  return { problems: result.issues.map(({ path, message }) => ({ path: pathOf(path ?? []), message })) }
}

function pathOf(parts: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  const keys = parts.map((part) => (typeof part === 'object' ? part.key : part))
  return keys.reduce<string>((path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key)}`), 'definition')
}
