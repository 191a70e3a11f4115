import type { PushAnswer, PushOutcome, PushRequest } from '@tenon/kernel/contracts'

const PREFLIGHT_SECONDS = '86400'
const USUAL_HEADERS = 'authorization, content-type, x-write-key, x-retry-count, anonymousid, sentat'

/** Any page may send events, so any origin is allowed; nothing that is answered is private. */
function crossOrigin({ headers }: PushRequest): Readonly<Record<string, string>> {
  return headers.origin === undefined
    ? { 'access-control-allow-origin': '*' }
    : { 'access-control-allow-origin': headers.origin, 'access-control-allow-credentials': 'true', vary: 'origin' }
}

export function json(request: PushRequest, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): PushAnswer {
  return {
    status,
    headers: { ...crossOrigin(request), 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  }
}

/** Allows what is asked for: clients of other versions send headers of their own. */
export function preflight(request: PushRequest): PushAnswer {
  const asked = request.headers['access-control-request-headers']
  return {
    status: 204,
    headers: {
      ...crossOrigin(request),
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': asked !== undefined && /^[\w\-, ]{1,1000}$/.test(asked) ? asked : USUAL_HEADERS,
      'access-control-max-age': PREFLIGHT_SECONDS,
    },
    body: '',
  }
}

/** Just enough for analytics-next to start sending, to this server alone. */
export const settings = (request: PushRequest, writeKey: string): PushAnswer =>
  json(request, 200, { integrations: { 'Segment.io': { apiKey: writeKey } }, plan: {}, metrics: {}, remotePlugins: [] })

/** Just enough for RudderStack's browser SDK to start sending, without destinations of its own. */
export const sourceConfig = (request: PushRequest, writeKey: string, now: Date, workspace: string): PushAnswer =>
  json(request, 200, {
    source: {
      id: 'tenon',
      name: 'tenon',
      writeKey,
      enabled: true,
      workspaceId: workspace,
      config: { statsCollection: {} },
      destinations: [],
      dataplanes: {},
    },
    updatedAt: now.toISOString(),
  })

/**
 * What the clients understand: 2xx is done; 400 is final for all of them, 401 and 413 for most (those of customer.io and
 * June try everything but 400 a few times more); 429 is tried again by all that retry, and 503 is not waited for by all.
 * Never a redirect: it loses events silently.
 */
export function answerTo(outcome: PushOutcome, request: PushRequest): PushAnswer {
  switch (outcome.kind) {
    case 'durable':
      return json(request, 200, { success: true })
    case 'unauthorised':
      return json(request, 401, { success: false, message: 'unknown write key' })
    case 'unreadable':
      return json(request, 400, { success: false, message: outcome.message })
    case 'too-large':
      return json(request, 413, { success: false, message: `a request may have ${outcome.limitBytes} bytes once it is unpacked` })
    case 'busy':
      return json(
        request,
        429,
        { success: false, message: 'busy: send again later' },
        { 'retry-after': String(Math.max(1, Math.ceil(outcome.retryAfterSeconds))), 'access-control-expose-headers': 'retry-after' },
      )
  }
}
