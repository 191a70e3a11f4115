import assert from 'node:assert/strict'
import { isText } from '../check/values.ts'
import { parseJson } from '../nouns/parse-json.ts'
import { HOSTILE_BODIES, HOSTILE_TEXTS, HOSTILE_VALUES } from '../suite/hostile.ts'
import { sampleContext, sampleDay } from '../suite/sample-context.ts'
import type { Suite } from '../suite/suite.ts'
import { answerProblem, draftProblem, refusedProblem } from './check.ts'
import type { PushOutcome, PushReading, PushRequest, PushSource } from './contract.ts'

export interface SourceSubject {
  readonly source: PushSource
  /** Requests as real clients send them, with what is in them. */
  readonly samples: readonly SourceSample[]
  /** A request with good events and a bad one between them. */
  readonly mixed: { readonly request: PushRequest; readonly good: number; readonly bad: number }
  /** What a client sends again after a time-out: the same events, as that client marks a retry. */
  readonly retry?: { readonly first: PushRequest; readonly second: PushRequest }
}

export interface SourceSample {
  readonly request: PushRequest
  readonly events: number
  /** Absent where the client sends none. */
  readonly writeKey?: string
}

const OUTCOMES: readonly PushOutcome[] = [
  { kind: 'durable', accepted: 3, refused: 0 },
  { kind: 'durable', accepted: 0, refused: 2 },
  { kind: 'unauthorised' },
  { kind: 'unreadable', message: HOSTILE_TEXTS.join(' ') },
  { kind: 'too-large', limitBytes: 512_000 },
  { kind: 'busy', retryAfterSeconds: 7 },
]

/** How many places of a sample are bent, so that a suite takes well under a second. */
const MAX_BENT_PLACES = 60

async function readOf(source: PushSource, request: PushRequest): Promise<PushReading> {
  const reading = await source.read(request, sampleContext({ purpose: 'collect' }))
  switch (reading.kind) {
    case 'events':
      for (const event of reading.events) assert.equal(draftProblem(event), undefined)
      for (const refused of reading.refused) assert.equal(refusedProblem(refused), undefined)
      return reading
    case 'answer':
      assert.equal(answerProblem(reading.answer), undefined)
      return reading
    case 'unreadable':
      assert.equal(refusedProblem(reading.refused), undefined)
      return reading
  }
}

async function eventsOf(source: PushSource, request: PushRequest) {
  const reading = await readOf(source, request)
  assert.equal(reading.kind, 'events', `${request.method} ${request.path} holds no events`)
  return reading.kind === 'events' ? reading : { events: [], refused: [] }
}

/** A request to each route with a body of its own. */
function requestsTo(source: PushSource, body: Uint8Array): readonly PushRequest[] {
  return source.routes.flatMap(({ methods, path }) =>
    methods.map((method): PushRequest => {
      const params = Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, '__proto__']))
      const headers = { 'content-type': 'text/plain' }
      return { method, path: path.replaceAll(/:\w+/g, '__proto__'), route: path, params, query: new URLSearchParams(), headers, body }
    }),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The JSON of a body, if it is any. */
function jsonOf(body: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}

/** Places in a JSON value, as ways to put something else there. */
function bendings(value: unknown): readonly ((other: unknown) => unknown)[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry, index) => [
      (other: unknown) => value.with(index, other),
      ...bendings(entry).map((bend) => (other: unknown) => value.with(index, bend(other))),
    ])
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, entry]) => [
    (other: unknown) => ({ ...value, [key]: other }),
    ...bendings(entry).map((bend) => (other: unknown) => ({ ...value, [key]: bend(other) })),
  ])
}

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value) ?? '')

export const sourceConformance = Object.freeze({
  'names its routes': async ({ source }) => {
    assert.ok(source.routes.length > 0)
    const pairs = source.routes.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`))
    assert.equal(new Set(pairs).size, pairs.length, 'each route once')
    for (const { methods, path } of source.routes) assert.ok(methods.length > 0 && /^\/[\w:/.-]*$/.test(path), `'${path}' is a path`)
  },

  'reads what real clients send': async ({ source, samples }) => {
    assert.ok(samples.length > 0, 'the subject brings samples')
    for (const { request, events } of samples) {
      const reading = await eventsOf(source, request)
      assert.deepEqual(reading.refused, [])
      assert.equal(reading.events.length, events)
    }
  },

  'finds the write key where the client put it': async ({ source, samples }) => {
    for (const { request, writeKey } of samples) assert.equal(source.writeKey(request), writeKey)
  },

  'finds no write key where there is none': async ({ source }) => {
    for (const body of [new Uint8Array(), ...HOSTILE_BODIES]) {
      for (const request of requestsTo(source, body)) {
        const key = source.writeKey({ ...request, params: {} })
        assert.ok(key === undefined, 'a key was found in a request without one')
      }
    }
  },

  'survives hostile keys': async ({ source, samples }) => {
    for (const { request } of samples) {
      for (const text of HOSTILE_TEXTS) {
        for (const authorization of [text, `Basic ${text}`, `Basic ${Buffer.from(text).toString('base64')}`, `Bearer ${text}`]) {
          const key = source.writeKey({ ...request, headers: { ...request.headers, authorization } })
          assert.ok(key === undefined || typeof key === 'string')
        }
      }
    }
  },

  'never throws, whatever the body': async ({ source }) => {
    for (const body of HOSTILE_BODIES) for (const request of requestsTo(source, body)) await readOf(source, request)
  },

  'never throws, whatever stands where something else was expected': async ({ source, samples }) => {
    for (const { request } of samples) {
      for (const bend of bendings(jsonOf(request.body)).slice(0, MAX_BENT_PLACES)) {
        for (const value of HOSTILE_VALUES) await readOf(source, { ...request, body: bytesOf(bend(value)) })
      }
    }
    assert.ok(!('polluted' in {}), 'a prototype was changed')
  },

  'keeps the good events beside a bad one': async ({ source, mixed }) => {
    const { events, refused } = await eventsOf(source, mixed.request)
    assert.equal(events.length, mixed.good)
    assert.equal(refused.length, mixed.bad)
  },

  'gives every event a message id of its own': async ({ source, samples }) => {
    for (const { request } of samples) {
      const ids = (await eventsOf(source, request)).events.map(({ messageId }) => messageId)
      assert.equal(new Set(ids).size, ids.length)
    }
  },

  'reads the same request the same way, and leaves it as it was': async ({ source, samples }) => {
    for (const { request } of samples) {
      const before = Uint8Array.from(request.body)
      const frozen = Object.freeze({
        ...request,
        headers: Object.freeze({ ...request.headers }),
        params: Object.freeze({ ...request.params }),
      })
      assert.deepEqual(await readOf(source, frozen), await readOf(source, frozen))
      assert.deepEqual(request.body, before, 'the body was changed')
    }
  },

  'keeps the message ids of a retry': async ({ source, retry }) => {
    if (retry === undefined) return
    const idsOf = async (request: PushRequest) => (await eventsOf(source, request)).events.map(({ messageId }) => messageId)
    assert.deepEqual(await idsOf(retry.second), await idsOf(retry.first))
  },

  'dates what the client did not date at its receipt': async ({ source, samples }) => {
    const year = sampleDay().getUTCFullYear()
    for (const { request } of samples) {
      const undated = withoutDates(jsonOf(request.body))
      if (undated === undefined) continue
      for (const { timestamp } of (await eventsOf(source, { ...request, body: bytesOf(undated) })).events) {
        assert.equal(timestamp.getUTCFullYear(), year)
      }
    }
  },

  'answers every outcome as its clients expect': async ({ source, samples }) => {
    for (const { request } of samples) {
      for (const outcome of OUTCOMES) {
        const answer = source.answer(outcome, request)
        assert.equal(answerProblem(answer), undefined)
        const { status } = answer
        if (outcome.kind === 'durable') assert.ok(status < 300, 'what is durable is a success, else it comes again')
        else if (outcome.kind === 'busy') {
          assert.ok(status === 429 || status >= 500, 'a busy station is asked again, not given up')
          assert.ok(Object.entries(answer.headers).some(([name, value]) => name.toLowerCase() === 'retry-after' && isText(value)))
        } else assert.ok(status >= 400 && status < 500, `${outcome.kind} is the fault of the client`)
      }
    }
  },
} satisfies Suite<SourceSubject>)

/** The same without the usual names of times; undefined where the body is not JSON. */
function withoutDates(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDates)
  if (!isObject(value)) return value
  const names = new Set(['timestamp', 'originalTimestamp', 'sentAt', 'time', 'ts'])
  return Object.fromEntries(Object.entries(value).flatMap(([key, entry]) => (names.has(key) ? [] : [[key, withoutDates(entry)]])))
}
