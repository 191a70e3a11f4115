import type { IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { FaultKind } from './fault.ts'

/** One request as a client put it on the wire, and what it got for it. */
export interface Exchange {
  readonly method: string
  /** Path and query as sent. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** What became of it: the server's answer came back, or a fault hit it. */
  readonly fate: 'answered' | FaultKind
  /** As the client saw it; undefined where it saw none. */
  readonly status: number | undefined
  /** By our clock, in milliseconds. */
  readonly at: number
}

/** An event on the wire, with what the tests look at. */
export interface WireEvent {
  readonly messageId: string
  readonly type?: string
  readonly sentAt?: string
  readonly [field: string]: unknown
}

/** Whether the server got it. */
export const isReached = ({ fate }: Pick<Exchange, 'fate'>): boolean => fate === 'answered' || fate === 'lose-answer'

/** The body as JSON, whatever its content type says; undefined for none. */
export function jsonOf({ body }: Pick<Exchange, 'body'>): unknown {
  if (body.length === 0) return undefined
  return JSON.parse((body[0] === 0x1f ? gunzipSync(body) : body).toString('utf8'))
}

/** The events of a request, a batch or a single one. */
export function eventsOf(exchange: Pick<Exchange, 'body'>): readonly WireEvent[] {
  const body = jsonOf(exchange)
  if (!isRecord(body)) return []
  const sent = Array.isArray(body.batch) ? body.batch : [body]
  return sent.filter(isWireEvent)
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isWireEvent = (value: unknown): value is WireEvent => isRecord(value) && typeof value.messageId === 'string'
