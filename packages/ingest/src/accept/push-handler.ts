import { errorCode } from '@tenon/kernel'
import type { CallContext, Clock, Logger, Method, PushAnswer, PushOutcome, PushReading, PushRequest } from '@tenon/kernel/contracts'
import type { Acceptor } from './acceptor.ts'
import { createBodyBudget, type HeldBytes } from './body-budget.ts'
import type { FindKey, KeyHolder } from './key-cache.ts'
import type { AcceptLimits } from './limits.ts'
import type { Match, Router } from './router.ts'
import { isPacked, receiveBody, unpackBody } from './unpack-body.ts'

/** Answers requests to paths of sources; undefined for every other. */
export type PushHandler = (request: Request) => Promise<Response | undefined>

interface Parts {
  readonly router: Router
  readonly acceptor: Acceptor
  readonly keys: FindKey
  readonly limits: AcceptLimits
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Receive, unpack, authenticate, read, keep, answer. Whatever a client sends, the answer is one that its protocol knows. */
export function createPushHandler(parts: Parts): PushHandler {
  const { router, limits } = parts
  const budget = createBodyBudget(limits.inFlightBytes)
  return async (request) => {
    const { path, query } = locate(request.url)
    const matches = router.match(request.method, path)
    const [match] = matches
    if (match === undefined) return undefined
    const asPush = (body: Uint8Array): PushRequest => ({
      method: request.method as Method,
      path,
      route: match.route,
      params: match.params,
      query,
      headers: Object.fromEntries(request.headers),
      body,
    })
    const bare = () => asPush(new Uint8Array())
    const declared = Number(request.headers.get('content-length') ?? Number.NaN)
    const held = budget.hold(declared >= 0 ? Math.min(declared, limits.bodyBytes) : limits.bodyBytes)
    if (held === undefined) return respond(match, busyFor(parts), bare(), parts)
    try {
      const received = await receiveBody(request, limits.bodyBytes).catch(() => 'broken' as const)
      if (received === 'broken') return respond(match, { kind: 'unreadable', message: 'the body broke off' }, bare(), parts)
      if (received !== undefined) held.resize(received.length, 'known')
      const body = received === undefined || !isPacked(received) ? received : await unpack(match, received, bare(), { held, parts })
      if (body === 'no room') return respond(match, busyFor(parts), bare(), parts)
      return await (body === undefined ? refuseLarge(matches, match, bare(), parts) : serve(matches, match, asPush(body), parts))
    } finally {
      held.release()
    }
  }
}

/** Whose it is, as far as can be said without the body, decides how much may be unpacked before the body says more. */
async function unpack(
  match: Match,
  packed: Uint8Array,
  bare: PushRequest,
  { held, parts }: { readonly held: HeldBytes; readonly parts: Parts },
): ReturnType<typeof unpackBody> {
  const owner = await authenticate(match, bare, parts)
  if (owner === 'busy') return 'no room'
  const by = owner === undefined || owner === 'unknown' ? 'stranger' : 'known'
  const body = await unpackBody(packed, parts.limits.bodyBytes, (bytes) => held.resize(packed.length + bytes, by))
  if (body !== undefined && body !== 'no room') held.resize(body.length, by)
  return body
}

async function serve(matches: readonly Match[], first: Match, request: PushRequest, parts: Parts): Promise<Response> {
  const receivedAt = parts.clock.now()
  const owner = request.method === 'OPTIONS' ? undefined : await authenticate(first, request, parts)
  if (owner === 'busy') return respond(first, busyFor(parts), request, parts)
  if (owner === 'unknown') return respond(first, { kind: 'unauthorised' }, request, parts)
  const match = matches.find(({ instance }) => instance === owner?.source) ?? first
  const context: CallContext = { workspace: owner?.workspace ?? '', purpose: 'collect', now: receivedAt, signal: parts.signal }
  const reading = await read(match, request, context, parts)
  if (reading === 'busy') return respond(match, busyFor(parts), request, parts)
  if (reading.kind === 'answer') return toResponse(reading.answer)
  if (owner === undefined) return respond(match, { kind: 'unauthorised' }, request, parts)
  // Nothing behind the next line needs the reading, so that its events can be garbage while the log is written: thousands may wait there.
  const unreadable = reading.kind === 'unreadable' ? reading.refused.message : undefined
  const kept = await parts.acceptor.accept({
    workspace: owner.workspace,
    source: owner.source ?? match.instance,
    drafts: reading.kind === 'events' ? reading.events : [],
    refused: reading.kind === 'events' ? reading.refused : [reading.refused],
    receivedAt,
  })
  const isRefused = unreadable !== undefined && kept.kind === 'durable'
  return respond(match, isRefused ? { kind: 'unreadable', message: unreadable } : kept, request, parts)
}

/** The body is beyond the limit and was not read: that it came is kept, when its sender is known. */
async function refuseLarge(matches: readonly Match[], first: Match, request: PushRequest, parts: Parts): Promise<Response> {
  const { limits, acceptor, clock } = parts
  const owner = await authenticate(first, request, parts)
  if (owner === 'unknown') return respond(first, { kind: 'unauthorised' }, request, parts)
  if (owner === 'busy') return respond(first, busyFor(parts), request, parts)
  const match = matches.find(({ instance }) => instance === owner?.source) ?? first
  if (owner !== undefined) {
    const message = `a request may have ${limits.bodyBytes} bytes once it is unpacked`
    await acceptor.accept({
      workspace: owner.workspace,
      source: owner.source ?? match.instance,
      drafts: [],
      refused: [{ code: 'BODY_TOO_LARGE', message, payload: '' }],
      receivedAt: clock.now(),
    })
  }
  const response = respond(match, { kind: 'too-large', limitBytes: limits.bodyBytes }, request, parts)
  // The rest of the body may still be on its way: nothing can follow it on this connection.
  response.headers.set('connection', 'close')
  return response
}

/** Undefined when there is no key in the request; `busy` when nobody can say whose it is. */
async function authenticate(
  { source }: Match,
  request: PushRequest,
  { keys, logger }: Parts,
): Promise<KeyHolder | 'unknown' | 'busy' | undefined> {
  try {
    const key = source.writeKey(request)
    if (key === undefined) return undefined
    const holder = await keys(key)
    return holder?.kind === 'write' ? holder : 'unknown'
  } catch (error) {
    logger.warn('a write key could not be looked up', { code: errorCode(error) ?? nameOf(error) })
    return 'busy'
  }
}

/** A source that does not run makes us busy; one that fails on this request makes the request unreadable. */
async function read(
  { source, instance }: Match,
  request: PushRequest,
  context: CallContext,
  { logger }: Parts,
): Promise<PushReading | 'busy'> {
  try {
    return await source.read(request, context)
  } catch (error) {
    const code = errorCode(error)
    logger.error('a source failed to read a request', { instance, code: code ?? nameOf(error) })
    if (code?.startsWith('TENON_PLUGIN_')) return 'busy'
    const payload = new TextDecoder().decode(request.body)
    return { kind: 'unreadable', refused: { code: 'SOURCE_FAILED', message: 'the source could not read this request', payload } }
  }
}

function respond({ source, instance }: Match, outcome: PushOutcome, request: PushRequest, { logger, limits }: Parts): Response {
  try {
    return toResponse(source.answer(outcome, request))
  } catch (error) {
    logger.error('a source failed to answer a request', { instance, code: errorCode(error) ?? nameOf(error) })
    return new Response(null, {
      status: outcome.kind === 'durable' ? 200 : 503,
      headers: { 'retry-after': String(limits.retryAfterSeconds) },
    })
  }
}

const toResponse = ({ status, headers, body }: PushAnswer): Response => new Response(body === '' ? null : body, { status, headers })

const busyFor = ({ limits }: Parts): PushOutcome => ({ kind: 'busy', retryAfterSeconds: limits.retryAfterSeconds })

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

/** Path and query of an absolute URL, without normalising the path. */
function locate(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const mark = url.indexOf('?', start)
  if (start < 0) return { path: '/', query: new URLSearchParams() }
  const path = url.slice(start, mark < 0 ? undefined : mark)
  return { path, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) }
}
