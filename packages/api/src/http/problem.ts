import { type ErrorKind, errorCode, type TenonError } from '@tenon/kernel'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Internal } from '../errors.ts'

/** RFC 9457, with the code of the registry and the id under which the log has the rest. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly requestId: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

/** What a client may learn of a kind of error. */
export type ErrorDescription = Pick<ErrorKind<string, unknown>, 'code' | 'status' | 'title' | 'help'>

export type ErrorRegistry = ReadonlyMap<string, ErrorDescription>

/** Turns any error into the answer that a client may see: coded errors below 500 as they are, everything else as `TENON_INTERNAL`. */
export function problemOf(error: unknown, registry: ErrorRegistry, requestId: string): Problem {
  const code = errorCode(error)
  const kind = code === undefined ? undefined : registry.get(code)
  if (kind === undefined || kind.status === 500) return problemFrom(Internal, 'the cause is in the log', requestId)
  const coded = error as TenonError<string, unknown>
  const { details } = coded
  const fields =
    typeof details === 'object' && details !== null && 'errors' in details && Array.isArray(details.errors)
      ? { errors: details.errors }
      : {}
  return { ...problemFrom(kind, coded.message, requestId), ...fields }
}

const problemFrom = (kind: ErrorDescription, detail: string, requestId: string): Problem => ({
  type: `/docs/errors/${kind.code}`,
  title: kind.title,
  status: kind.status,
  code: kind.code,
  detail,
  requestId,
})

export function answerProblem(context: Context, problem: Problem): Response {
  return context.json(problem, problem.status as ContentfulStatusCode, { 'content-type': 'application/problem+json' })
}
