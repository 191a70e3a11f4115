import { z } from 'zod'

export const geoConfig = z.strictObject({
  database: z
    .string()
    .min(1)
    .optional()
    .describe('Path of a database in the MaxMind format (.mmdb). Without it a free one that knows countries alone.'),
  ip: z
    .enum(['keep', 'truncate', 'remove'])
    .default('keep')
    .describe('What becomes of the address afterwards. `truncate`: the last 8 bits of IPv4, all but the first 48 of IPv6 become 0.'),
  after: z.array(z.string().min(1)).default([]).describe('Instances of transformations that run before this one.'),
})
export type GeoConfig = z.output<typeof geoConfig>
