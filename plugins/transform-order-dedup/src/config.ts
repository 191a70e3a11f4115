import { z } from 'zod'

const texts = z.array(z.string().min(1)).min(1)

const occurrence = z.strictObject({
  as: z
    .string()
    .min(1)
    .max(64)
    .describe('What it is called among ourselves: occurrences of another name are others, even of the same order.'),
  events: texts.describe('Events that report it, by name, whatever source they come from.'),
  id: texts
    .default(['order_id', 'orderId'])
    .describe('Properties that may hold the number of the order: the first one that has a text or a whole number.'),
  within: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Properties that belong to the number, where it is not unique by itself: such as the shop. Without one of them an event is left alone.',
    ),
})

export const orderDedupConfig = z.strictObject({
  occurrences: z
    .array(occurrence)
    .min(1)
    .default([{ as: 'order completed', events: ['Order Completed'], id: ['order_id', 'orderId'], within: [] }])
    .superRefine((occurrences, check) => {
      const known = new Map<string, number>()
      for (const [index, { events }] of occurrences.entries())
        for (const event of events) {
          const before = known.get(event)
          if (before !== undefined && before !== index)
            check.addIssue({ code: 'custom', path: [index, 'events'], message: `'${event}' reports another occurrence already` })
          known.set(event, index)
        }
    })
    .describe('What happens to an order once, however many systems tell of it.'),
  sources: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Sources that are believed; events of others are left alone. All without it, also one whose key everybody can read.'),
  after: z.array(z.string().min(1)).default([]).describe('Instances of transformations that run before this one.'),
})
export type OrderDedupConfig = z.output<typeof orderDedupConfig>
