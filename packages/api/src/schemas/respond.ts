import type { z } from '@hono/zod-openapi'
import { problem } from './common.ts'

export const problemBody = (description: string) => ({ description, content: { 'application/problem+json': { schema: problem } } })

/** A JSON answer and the problems that any route of the API can answer with. */
export const responses = <S extends z.ZodType>(schema: S, description: string) => ({
  200: { description, content: { 'application/json': { schema } } },
  400: problemBody('The request is not of the form that the route takes.'),
  401: problemBody('No valid API key.'),
  404: problemBody('What the path names does not exist.'),
  409: problemBody('The request contradicts the state.'),
  413: problemBody('The body is too large.'),
  415: problemBody('The body is not application/json.'),
  422: problemBody('The definition is not one that its kind understands.'),
})

/** A required JSON body. */
export const body = <S extends z.ZodType>(schema: S) => ({ required: true, content: { 'application/json': { schema } } })

export const security = [{ apiKey: [] }]
