import { z } from 'zod'
import { mailbox } from './mailbox.ts'

const milliseconds = (fallback: number, what: string) => z.int().min(100).max(600_000).default(fallback).describe(what)

export const config = z
  .strictObject({
    host: z.string().min(1).describe('Name or address of the SMTP server.'),
    port: z.int().min(1).max(65_535).default(587).describe('587 for submission, 465 with `secure`.'),
    secure: z.boolean().default(false).describe('TLS from the first byte. Without it STARTTLS is used where the server offers it.'),
    user: z.string().min(1).optional().describe('Account; none where the server asks for none.'),
    password: z.string().min(1).optional().meta({ writeOnly: true }).describe('Password of the account.'),
    from: mailbox.describe('Address of the sender; its domain names the messages.'),
    fromName: z
      .string()
      .max(128)
      .regex(/^[^\p{Cc}]*$/u, 'no control characters')
      .optional()
      .describe('Name of the sender.'),
    address: z
      .union([z.strictObject({ identifier: z.string().min(1) }), z.strictObject({ trait: z.string().min(1) })])
      .default({ identifier: 'email' })
      .describe('Where the address of a profile is found.'),
    connections: z.int().min(1).max(100).default(5).describe('Connections that are kept open at most.'),
    messagesPerConnection: z.int().min(1).max(100_000).default(100).describe('After so many a connection is replaced.'),
    limits: z
      .strictObject({
        perSecond: z.number().positive().max(10_000).default(10),
        batch: z.int().min(1).max(1_000).default(50),
        bytes: z.int().min(1_024).max(100_000_000).default(10_000_000),
      })
      .prefault({})
      .describe('Messages in a second, messages and bytes of content in one hand-over.'),
    tls: z
      .strictObject({
        require: z.boolean().optional().describe('Refuses to go on without TLS; by default where there is a password.'),
        rejectUnauthorized: z.boolean().default(true).describe('Only servers whose certificate can be verified.'),
        ca: z.string().optional().describe('Certificates to trust instead of the usual ones, as PEM.'),
        servername: z.string().optional().describe('The name that the certificate must bear, where it is not `host`.'),
      })
      .prefault({})
      .describe('Transport security.'),
    timeouts: z
      .strictObject({
        connectMs: milliseconds(10_000, 'Until connected.'),
        greetingMs: milliseconds(10_000, 'Until the server has greeted.'),
        silenceMs: milliseconds(30_000, 'Of silence on an open connection.'),
      })
      .prefault({})
      .describe('How long to wait.'),
    retryAfterMs: z.int().min(0).max(86_400_000).default(60_000).describe('How long a message rests after a temporary refusal.'),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    message: 'a user needs a password and the other way round',
  })

export type SmtpConfig = z.output<typeof config>
