import { z } from 'zod'

const path = z.string().regex(/^[^.]+(\.[^.]+)*$/, 'a path such as traits.email')

/** Limits are Segment's own; what lies above them is refused with a failed event, never dropped. */
export const segmentConfig = z.strictObject({
  maxEventBytes: z
    .int()
    .positive()
    .default(32 * 1024)
    .describe('Largest event, in bytes of JSON. A larger one is refused alone; the rest of its batch goes on.'),
  maxBatchBytes: z
    .int()
    .positive()
    .default(500 * 1024)
    .describe('Largest batch, in bytes of JSON, without the events that are refused for their own size. A larger one is answered 400.'),
  maxBatchEvents: z.int().positive().default(2_500).describe('Most events in a batch. A longer one is answered 400.'),
  identifiers: z
    .record(z.string().regex(/^[a-z][a-z0-9_.]*$/), z.array(path))
    .default({
      email: ['traits.email', 'context.traits.email'],
      phone: ['traits.phone', 'context.traits.phone'],
      device_id: ['context.device.id'],
    })
    .describe(
      'Where further identifiers are found: paths into the event by identifier type. `traits` are those of the person: of a group call they are not looked at.',
    ),
})

export type SegmentConfig = z.output<typeof segmentConfig>
