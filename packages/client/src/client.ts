import type { Api } from '@tenon/api'
import { type ClientResponse, hc } from 'hono/client'

export interface ClientOptions {
  /** Where Tenon listens: `http://127.0.0.1:4321`. */
  readonly url: string
  readonly apiKey: string
  readonly fetch?: typeof fetch
}

/**
 * A client with the types of the API itself: routes, parameters, bodies and answers.
 *
 * @example
 * ```ts
 * const tenon = createClient({ url: 'http://127.0.0.1:4321', apiKey })
 * const profile = await answer(tenon.v1.profiles[':profile'].$get({ param: { profile: inPath('user_id:u-1') } }))
 * console.log(profile.tags)
 * ```
 */
export function createClient(options: ClientOptions) {
  const { url, apiKey, fetch: given } = options
  return hc<Api>(url, { headers: { authorization: `Bearer ${apiKey}` }, ...(given === undefined ? {} : { fetch: given }) })
}

/** A path parameter for the client, which puts it into the URL as it is: identifiers may hold slashes and question marks. */
export const inPath = (text: string): string => encodeURIComponent(text)

/** What a refused request was told: RFC 9457 with the code of the error registry. */
export interface ApiProblem {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly requestId: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

/** Thrown by `answer` for every status but 200. */
export interface ApiError extends Error {
  readonly name: 'ApiError'
  readonly problem: ApiProblem
}

type Ok<R> = R extends ClientResponse<infer Body, 200, 'json'> ? Body : never

/** The body of a successful answer. Throws an `ApiError` with the problem otherwise. */
export async function answer<R extends ClientResponse<unknown>>(pending: Promise<R>): Promise<Ok<R>> {
  const response = await pending
  if (response.ok) return (await response.json()) as Ok<R>
  const problem = await problemOf(response)
  throw Object.assign(new Error(`${problem.code}: ${problem.detail}`), { name: 'ApiError' as const, problem })
}

export const isApiError = (error: unknown): error is ApiError => error instanceof Error && error.name === 'ApiError' && 'problem' in error

async function problemOf(response: ClientResponse<unknown>): Promise<ApiProblem> {
  const text = await response.text()
  const { status } = response
  const unknown: ApiProblem = { code: 'UNKNOWN', status, title: response.statusText, detail: text.slice(0, 500), requestId: '' }
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...unknown, ...parsed } : unknown
  } catch {
    // A proxy in between answered something else than Tenon would.
    return unknown
  }
}
