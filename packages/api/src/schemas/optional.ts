import type { z } from '@hono/zod-openapi'

/**
 * A field that may be absent. JSON has no `undefined`, so to the types it is there or not (`exactOptional`); the description of the API
 * asks a schema whether it takes `undefined`, and would call such a field required.
 */
export const optional = <T extends z.ZodType>(schema: T): z.ZodExactOptional<T> => schema.optional() as unknown as z.ZodExactOptional<T>
