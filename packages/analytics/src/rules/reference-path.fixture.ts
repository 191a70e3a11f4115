import type { Json, Properties } from '@tenon/kernel/contracts'

/** What a path leads to, without what is missing or null. */
export function leavesOf(document: Properties, path: string): readonly Json[] {
  let found: readonly Json[] = [document]
  for (const step of path.split('.')) {
    const each = step.endsWith('[]')
    const key = each ? step.slice(0, -2) : step
    const values = found.flatMap((value) => memberOf(value, key))
    found = each ? values.flatMap((value) => (Array.isArray(value) ? value : [])) : values
  }
  return found.filter((value) => value !== null)
}

function memberOf(value: Json, key: string): readonly Json[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return []
  const member = Object.entries(value).find(([name]) => name === key)?.[1]
  return member === undefined ? [] : [member]
}

export const isScalar = (value: Json): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
