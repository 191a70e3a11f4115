import { type SourceSubject, sourceConformance } from '@tenon/kernel/conformance'
import type { EventDraft, PushRequest, PushSource, Refused } from '@tenon/kernel/contracts'
import { z } from 'zod'
import type { Faults } from './faults.ts'

const clean = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => text.isWellFormed() && !text.includes('\0'))
const LINE = z.object({ id: clean, who: clean, what: clean, at: z.iso.datetime().optional() })

/** One JSON object per line: `{"id":"1","who":"an@example.test","what":"Order Completed"}`. */
const lineSource: PushSource = {
  routes: [{ methods: ['POST'], path: '/lines' }],
  writeKey: ({ headers }) => /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1],
  read({ body }, { now }) {
    const events: EventDraft[] = []
    const refused: Refused[] = []
    for (const line of new TextDecoder().decode(body).split('\n')) {
      if (line.trim() === '') continue
      const found = LINE.safeParse(jsonOf(line))
      if (found.success) events.push(draftOf(found.data, now))
      else refused.push({ code: 'INVALID_LINE', message: 'A line is an object with id, who and what.', payload: line })
    }
    return { kind: 'events', events, refused }
  },
  answer(outcome) {
    const headers = { 'content-type': 'text/plain' }
    switch (outcome.kind) {
      case 'durable':
        return { status: 200, headers, body: 'ok' }
      case 'unauthorised':
        return { status: 401, headers, body: 'no key' }
      case 'unreadable':
        return { status: 400, headers, body: outcome.message }
      case 'too-large':
        return { status: 413, headers, body: 'too large' }
      case 'busy':
        return { status: 429, headers: { ...headers, 'retry-after': String(outcome.retryAfterSeconds) }, body: 'later' }
    }
  },
}

const draftOf = ({ id, who, what, at }: z.infer<typeof LINE>, now: Date): EventDraft => ({
  messageId: id,
  type: 'track',
  name: what,
  identifiers: [{ type: 'email', value: who }],
  properties: {},
  traits: {},
  context: {},
  timestamp: at === undefined ? now : new Date(at),
})

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const LINES = ['{"id":"1","who":"an@example.test","what":"Order Completed"}', '{"id":"2","who":"bo@example.test","what":"Page Viewed"}']

const requestOf = (...lines: readonly string[]): PushRequest => ({
  method: 'POST',
  path: '/lines',
  route: '/lines',
  params: {},
  query: new URLSearchParams(),
  headers: { authorization: 'Bearer key-1' },
  body: new TextEncoder().encode(lines.join('\n')),
})

const subjectOf = (mutate: (good: PushSource) => PushSource) => (): SourceSubject => ({
  source: mutate(lineSource),
  samples: [
    { request: requestOf(...LINES), events: 2, writeKey: 'key-1' },
    {
      request: requestOf('{"id":"3","who":"cy@example.test","what":"Logged In","at":"2026-01-02T03:04:05Z"}'),
      events: 1,
      writeKey: 'key-1',
    },
  ],
  mixed: { request: requestOf(LINES[0] ?? '', '{"id":"x"}', LINES[1] ?? ''), good: 2, bad: 1 },
  retry: { first: requestOf(...LINES), second: requestOf(...LINES, '') },
})

type Read = PushSource['read']
const reading = (mutate: (read: Read) => Read) => subjectOf((good) => ({ ...good, read: mutate(good.read.bind(good)) }))

const eachEvent = (change: (event: EventDraft, index: number) => EventDraft) =>
  reading((read) => async (request, context) => {
    const found = await read(request, context)
    return found.kind === 'events' ? { ...found, events: found.events.map(change) } : found
  })

export const sourceFaults: Faults<SourceSubject> = {
  kind: 'source',
  suite: sourceConformance,
  good: subjectOf((good) => good),
  broken: {
    'throws on what is not JSON': reading((read) => (request, context) => {
      JSON.parse(new TextDecoder().decode(request.body).split('\n')[0] ?? '')
      return read(request, context)
    }),
    'gives up a batch for one bad event': reading((read) => async (request, context) => {
      const found = await read(request, context)
      if (found.kind !== 'events' || found.refused.length === 0) return found
      return { kind: 'unreadable', refused: { code: 'BAD_BATCH', message: 'An event is wrong.', payload: null } }
    }),
    'drops bad events without a word': reading((read) => async (request, context) => {
      const found = await read(request, context)
      return found.kind === 'events' ? { ...found, refused: [] } : found
    }),
    'makes a new message id for every retry': eachEvent((event, index) => ({ ...event, messageId: `${performance.now()}-${index}` })),
    'gives two events one message id': eachEvent((event) => ({ ...event, messageId: 'constant' })),
    'passes invalid dates on': eachEvent((event) => ({ ...event, timestamp: new Date('not-a-date') })),
    'dates events at the epoch': eachEvent((event) => ({ ...event, timestamp: new Date(0) })),
    'lets clients write into every object': reading((read) => (request, context) => {
      const sent = jsonOf(new TextDecoder().decode(request.body))
      if (typeof sent === 'object' && sent !== null && Object.hasOwn(sent, '__proto__')) throw new Error('polluted')
      return read(request, context)
    }),
    'finds a key in every request': subjectOf((good) => ({ ...good, writeKey: (request) => good.writeKey(request) ?? 'anonymous' })),
    redirects: subjectOf((good) => ({
      ...good,
      answer: (outcome, request) =>
        outcome.kind === 'durable' ? { status: 302, headers: { location: '/' }, body: '' } : good.answer(outcome, request),
    })),
    'tells clients to give up while it is busy': subjectOf((good) => ({
      ...good,
      answer: (outcome, request) => ({ ...good.answer(outcome, request), ...(outcome.kind === 'busy' ? { status: 400 } : {}) }),
    })),
  },
}
