import { z } from 'zod'
import { keyOf } from './signature.ts'

const secret = z
  .string()
  .refine((text) => keyOf(text) !== undefined, 'whsec_ and 24 to 64 random bytes as base64')
  .meta({ writeOnly: true })

export const config = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where all messages go. Without it the address of a message is the URL that it goes to.'),
  address: z
    .union([z.strictObject({ identifier: z.string().min(1) }), z.strictObject({ trait: z.string().min(1) })])
    .default({ identifier: 'user_id' })
    .describe('Where the address of a profile is found: a name that the receiver knows where `url` is set, a URL otherwise.'),
  secret: secret.describe('Signs every request: `whsec_` and 24 to 64 random bytes as base64.'),
  previousSecret: secret.optional().describe('While the secret changes: signs as well, and call-backs may still use it.'),
  allowHttp: z.boolean().default(false).describe('Also `http:` addresses. What is sent can then be read on the way.'),
  allowLoopback: z.boolean().default(false).describe('Also addresses of this machine.'),
  allowPrivateNetworks: z.boolean().default(false).describe('Also private networks (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7).'),
  timeoutMs: z.int().min(100).max(50_000).default(10_000).describe('For one request, all in all.'),
  concurrency: z.int().min(1).max(1_000).default(10).describe('Requests at a time.'),
  limits: z
    .strictObject({
      perSecond: z.number().positive().max(100_000).default(50),
      batch: z.int().min(1).max(1_000).default(50),
      bytes: z.int().min(1_024).max(100_000_000).default(1_000_000),
    })
    .prefault({})
    .describe('Messages in a second, messages and bytes of content in one hand-over.'),
  retryAfterMs: z.int().min(0).max(86_400_000).default(30_000).describe('How long a message rests where the receiver does not say.'),
})

export type WebhookConfig = z.output<typeof config>
