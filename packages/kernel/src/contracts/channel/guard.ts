import type { Guard } from '../../plugin/guard.ts'
import { isPermitted } from '../check/permit.ts'
import { deliveriesProblem, receiptsProblem } from './check.ts'
import type { Channel, Delivery } from './contract.ts'

/** A whole batch: many providers take a message per request. */
const SEND_LIMIT_MS = 60_000
const RECEIPTS_LIMIT_MS = 10_000

/** A message without a valid permit comes back as rejected and never reaches the plugin. */
export const guardChannel: Guard<Channel> = (provider, tools) => {
  const readReceipts = provider.receipts?.bind(provider)
  return {
    medium: provider.medium,
    address: provider.address,
    content: provider.content,
    limits: provider.limits,
    async send({ messages }, context) {
      const use = { workspace: context.workspace, purpose: context.purpose, action: 'send', now: context.now } as const
      const permitted = messages.filter(({ permit }) => isPermitted(tools, permit, use))
      if (permitted.length === 0) return messages.map(({ id }) => withoutConsent(id))
      const deliveries = await tools.call({
        operation: 'send',
        limitMs: SEND_LIMIT_MS,
        signal: context.signal,
        run: (signal) => provider.send({ messages: permitted }, { ...context, signal }),
      })
      const problem = deliveriesProblem(permitted, deliveries)
      if (problem !== undefined) throw tools.violation('send', problem)
      const answers = new Map(permitted.map((message, index) => [message, deliveries[index]]))
      return messages.map((message) => answers.get(message) ?? withoutConsent(message.id))
    },
    ...(readReceipts === undefined
      ? {}
      : {
          async receipts(request, context) {
            const receipts = await tools.call({
              operation: 'receipts',
              limitMs: RECEIPTS_LIMIT_MS,
              signal: context.signal,
              run: (signal) => readReceipts(request, { ...context, signal }),
            })
            if (receipts === 'not-genuine') return receipts
            const problem = receiptsProblem(receipts)
            if (problem !== undefined) throw tools.violation('receipts', problem)
            return receipts
          },
        }),
  }
}

const withoutConsent = (id: string): Delivery => ({ id, status: 'rejected', reason: 'policy', detail: 'no valid permit for this purpose' })
