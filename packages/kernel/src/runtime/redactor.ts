import { inspect } from 'node:util'
import { errorCode } from '../plugin/error.ts'
import { REDACTED } from './secrets.ts'

/** Takes secrets out of whatever the kernel prints, logs or throws, wherever a plugin put them. */
export interface Redactor {
  text(text: string): string
  /** The message of whatever was thrown. */
  reason(error: unknown): string
  /** The same error when it is clean; otherwise a copy of its name, message, stack, code and cause without secrets. */
  error(error: unknown): unknown
}

/** Shorter secrets are redacted where the schema marks them, but not searched for in text: they occur in every word. */
const SHORTEST_SEARCHED = 4
const DEEP_ENOUGH = 8

export function createRedactor(secrets: Iterable<string>): Redactor {
  const searched = [...new Set([...secrets].flatMap(spellings))].filter((secret) => secret.length >= SHORTEST_SEARCHED)
  // One pass, longest first: what was put in is not searched again, and a secret inside another does not cut it.
  const pattern =
    searched.length === 0
      ? undefined
      : new RegExp(
          searched
            .sort((a, b) => b.length - a.length)
            .map(literal)
            .join('|'),
          'g',
        )
  const text = (raw: string): string => (pattern === undefined ? raw : raw.replaceAll(pattern, REDACTED))
  const isClean = (printed: string): boolean => text(printed) === printed

  const error = (raw: unknown, depth = 0): unknown => {
    if (pattern === undefined || isClean(`${printed(raw)}${raw instanceof Error ? raw.message : ''}`)) return raw
    if (!(raw instanceof Error) || depth === DEEP_ENOUGH) return text(messageOf(raw))
    const code = errorCode(raw)
    return Object.assign(new Error(text(raw.message), raw.cause === undefined ? undefined : { cause: error(raw.cause, depth + 1) }), {
      name: text(raw.name),
      stack: text(raw.stack ?? ''),
      ...(code === undefined ? {} : { code }),
    })
  }
  return Object.freeze({ text, reason: (raw: unknown) => text(messageOf(raw)), error: (raw: unknown) => error(raw) })
}

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** As it is, in a JSON string, and in a URL. */
const spellings = (secret: string): readonly string[] => [secret, JSON.stringify(secret).slice(1, -1), uriSpelling(secret)]

/** Lone surrogates have no spelling in a URL. */
function uriSpelling(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    return secret
  }
}

/** What a logger would show of it. */
const printed = (value: unknown): string =>
  inspect(value, { depth: DEEP_ENOUGH, maxStringLength: null, maxArrayLength: null, breakLength: Number.POSITIVE_INFINITY })

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  return typeof error === 'string' ? error : inspect(error, { depth: 1 })
}
