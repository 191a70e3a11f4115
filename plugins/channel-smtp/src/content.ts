import { z } from 'zod'
import { mailbox } from './mailbox.ts'

/** A subject is one line: whatever would end the header is refused, not repaired. */
const line = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'one line without control characters')
  .regex(/\S/u, 'not blank')

export const content = z
  .strictObject({
    subject: line,
    text: z.string().min(1).optional(),
    html: z.string().min(1).optional(),
    replyTo: mailbox.optional(),
  })
  .refine(({ text, html }) => text !== undefined || html !== undefined, { path: ['text'], message: 'a message needs text, html or both' })
