import type { Delivery } from '@tenon/kernel/contracts'

export interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
}

const DAY_MS = 86_400_000

/** What an HTTP answer means for the message. A redirect is not followed: the receiver's address is wrong. */
export function outcomeOf(
  id: string,
  { status, retryAfter }: Answer,
  options: { readonly now: Date; readonly retryAfterMs: number },
): Delivery {
  const detail = `HTTP ${status}`
  if (status >= 200 && status < 300) return { id, status: 'accepted', reference: id }
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return { id, status: 'deferred', retryAfterMs: waitOf(retryAfter, options.now) ?? options.retryAfterMs, detail }
  }
  if ([400, 413, 415, 422].includes(status)) return { id, status: 'rejected', reason: 'content', detail }
  if ([401, 402, 403, 451].includes(status)) return { id, status: 'rejected', reason: 'policy', detail }
  return { id, status: 'rejected', reason: 'address', detail }
}

/** `Retry-After` in milliseconds: seconds or a date, at most a day. */
export function waitOf(retryAfter: string | undefined, now: Date): number | undefined {
  if (retryAfter === undefined) return undefined
  const wait = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - now.getTime()
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), DAY_MS)
}
