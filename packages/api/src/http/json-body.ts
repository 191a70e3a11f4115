import { parseJson } from '@tenon/kernel/contracts'
import { BodyNotJson, BodyUnsafe } from '../errors.ts'

const maxDepth = 64

/** Parses a body that is trusted for nothing. Throws `TENON_BODY_NOT_JSON` with the reason, `TENON_BODY_UNSAFE` with the path. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const value = parse(decode(bytes))
  const problem = findProblem(value)
  if (problem !== undefined) throw BodyUnsafe.create({ problem })
  return value
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw BodyNotJson.create({ problem: 'the body is not valid UTF-8' }, cause)
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw BodyNotJson.create({ problem: text.trim() === '' ? 'the body is empty' : 'the body is not valid JSON' }, cause)
  }
}

/** Walks with a stack of its own: depth is what an attacker chooses. */
function findProblem(root: unknown): string | undefined {
  const stack: { readonly value: unknown; readonly path: string; readonly depth: number }[] = [{ value: root, path: 'body', depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, path, depth } = next
    if (typeof value === 'string' && !isStorable(value)) return `${path}: a string must not contain NUL characters or lone surrogates`
    if (typeof value !== 'object' || value === null) continue
    if (depth >= maxDepth) return `${path.slice(0, 200)}: nested deeper than ${maxDepth} levels`
    for (const [key, child] of Object.entries(value)) {
      if (key === '__proto__' || !isStorable(key)) return `${path}: the key ${JSON.stringify(key)} is not allowed`
      stack.push({ value: child, path: Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, depth: depth + 1 })
    }
  }
  return undefined
}

/** What both stores can keep as text. */
export const isStorable = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed()
