import { z } from 'zod'

export const userAgentConfig = z.strictObject({
  bots: z.enum(['keep', 'drop']).default('keep').describe('`drop`: events of crawlers that say what they are go no further.'),
  remember: z.int().min(0).max(1_000_000).default(5_000).describe('How many user agents are read once and kept in memory.'),
  after: z.array(z.string().min(1)).default([]).describe('Instances of transformations that run before this one.'),
})
export type UserAgentConfig = z.output<typeof userAgentConfig>
