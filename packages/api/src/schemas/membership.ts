import { z } from '@hono/zod-openapi'
import type { Membership } from '@tenon/analytics'

export const membershipView = z
  .object({ type: z.string(), id: z.string(), role: z.string().optional(), since: z.string().optional(), leftAt: z.string().optional() })
  .openapi('Membership')

export const membershipOf = ({ type, id, ...status }: Membership): z.infer<typeof membershipView> => ({
  ...{ type, id },
  ...statusOf(status),
})

/** As what, since when, until when: what is known of it. */
export const statusOf = ({ role, since, leftAt }: Partial<Membership>) => ({
  ...(role === undefined ? {} : { role }),
  ...(since === undefined ? {} : { since: since.toISOString() }),
  ...(leftAt === undefined ? {} : { leftAt: leftAt.toISOString() }),
})
