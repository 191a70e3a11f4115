import { definePlugin } from '@tenon/kernel'
import { type PushSource, pushSource } from '@tenon/kernel/contracts'
import { z } from 'zod'

const text = z.string().regex(/^[\w@.:+-]{1,200}$/)
const receipt = z.object({ number: text, card: text, cents: z.number().int(), paidAt: z.iso.datetime({ offset: true }).optional() })

/** The receipts of a till: one JSON object a request, the key in the path. */
const till: PushSource = {
  routes: [{ methods: ['POST'], path: '/till/:key' }],
  writeKey: ({ params }) => params.key,
  read({ body }, { now }) {
    const found = receipt.safeParse(jsonOf(new TextDecoder().decode(body)))
    if (!found.success) return { kind: 'unreadable', refused: { code: 'NO_RECEIPT', message: z.prettifyError(found.error), payload: null } }
    const { number, card, cents, paidAt } = found.data
    const identifiers = [{ type: 'card', value: card }]
    const event = { messageId: number, type: 'track', name: 'Receipt Printed', identifiers, traits: {}, context: {} } as const
    return {
      kind: 'events',
      refused: [],
      events: [{ ...event, properties: { cents }, timestamp: paidAt === undefined ? now : new Date(paidAt) }],
    }
  },
  answer(outcome) {
    const status = { durable: 200, unauthorised: 401, unreadable: 400, 'too-large': 413, busy: 503 }[outcome.kind]
    const headers = outcome.kind === 'busy' ? { 'retry-after': String(outcome.retryAfterSeconds) } : {}
    return { status, headers, body: outcome.kind }
  },
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

export const tillSource = definePlugin({
  id: 'acme.source-till',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { pushSource },
  setup: () => ({ provide: { pushSource: till } }),
})

export { till }
