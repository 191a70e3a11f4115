import { z } from 'zod'

/** Whatever the receiver understands: a JSON object. */
export const content = z.record(z.string(), z.json())
