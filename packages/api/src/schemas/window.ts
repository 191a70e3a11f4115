import { z } from '@hono/zod-openapi'
import { LONGEST_WINDOW_MS } from '@tenon/analytics'
import { RequestInvalid } from '../errors.ts'
import { instant } from './common.ts'
import { optional } from './optional.ts'

const DAY_MS = 86_400_000
const USUAL_DAYS = 7
const MOST_DAYS = LONGEST_WINDOW_MS / DAY_MS

/** By the time of receipt; the last seven days where nothing is said. */
export const windowFields = {
  from: optional(instant).openapi({ description: `Seven days before the end where absent; at most ${MOST_DAYS} days.` }),
  until: optional(instant).openapi({ description: 'Exclusive; now where absent.' }),
} as const

export interface Window {
  readonly from: Date
  readonly until: Date
}

/** Throws where it ends before it begins, or is longer than anybody may look at in one piece. */
export function windowOf(given: { readonly from?: string; readonly until?: string }, place: 'body' | 'query', now: Date): Window {
  const until = given.until === undefined ? now : new Date(given.until)
  const from = given.from === undefined ? new Date(until.getTime() - USUAL_DAYS * DAY_MS) : new Date(given.from)
  const days = (until.getTime() - from.getTime()) / DAY_MS
  if (days > 0 && days <= MOST_DAYS) return { from, until }
  const message = days > 0 ? `the window has at most ${MOST_DAYS} days` : 'the window ends before it begins'
  throw RequestInvalid.create({ errors: [{ path: `${place}.from`, message }] })
}

export const shownWindow = z.object({ from: z.string(), until: z.string() })

export const shownWindowOf = ({ from, until }: Window): z.infer<typeof shownWindow> => ({
  from: from.toISOString(),
  until: until.toISOString(),
})
