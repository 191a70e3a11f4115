import type { Delivery } from '@tenon/kernel/contracts'

type Refusal = Delivery & { readonly status: 'rejected' | 'deferred' }

interface SmtpFailure {
  /** `ECONNECTION`, `EENVELOPE`, ... */
  readonly code: string
  /** The command that failed: `RCPT TO`, `DATA`, ... */
  readonly command: string
  /** 421, 550, ...; 0 where the server did not answer. */
  readonly reply: number
  /** Class, subject and detail of RFC 3463, where the server gave one: `5.1.1`. */
  readonly enhanced: string
  readonly detail: string
}

/** Failures that an operator has to mend come back less often. */
const OPERATOR_RETRY_FACTOR = 5

/**
 * What a failed hand-over means for the message. For ever only where the server said so about this recipient or this
 * content; everything else, and everything unclear, is tried again.
 */
export function refusalOf(id: string, error: unknown, retryAfterMs: number): Refusal {
  const failure = readFailure(error)
  const { detail } = failure
  const rejected = (reason: 'address' | 'content' | 'policy'): Refusal => ({ id, status: 'rejected', reason, detail })
  const deferred = (afterMs: number): Refusal => ({ id, status: 'deferred', retryAfterMs: afterMs, detail })
  const verdict = permanentReason(failure)
  if (verdict !== undefined) return rejected(verdict)
  const needsOperator = failure.reply >= 500 || ['EAUTH', 'ENOAUTH', 'ETLS', 'ECONFIG'].includes(failure.code)
  return deferred(needsOperator ? retryAfterMs * OPERATOR_RETRY_FACTOR : retryAfterMs)
}

function permanentReason({ code, command, reply, enhanced }: SmtpFailure): 'address' | 'content' | 'policy' | undefined {
  if (reply === 0) return code === 'EENVELOPE' && command === 'API' ? 'address' : code === 'EMESSAGE' ? 'content' : undefined
  if (reply < 500 || isProtocolTrouble(reply)) return undefined
  if (command === 'RCPT TO') return enhanced.startsWith('5.7') ? 'policy' : 'address'
  if (command === 'DATA') return enhanced.startsWith('5.7') ? 'policy' : enhanced.startsWith('5.1') ? 'address' : 'content'
  // A refused sender or login says nothing about the message; a declared size that is too large does.
  return command === 'MAIL FROM' && reply === 552 ? 'content' : undefined
}

/** Commands that the server does not know or did not expect. */
const isProtocolTrouble = (reply: number): boolean => [500, 502, 503, 504].includes(reply)

function readFailure(error: unknown): SmtpFailure {
  const fields: { readonly [key: string]: unknown } = typeof error === 'object' && error !== null ? { ...error } : {}
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const response = text(fields.response)
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: text(fields.code),
    command: text(fields.command),
    reply: typeof fields.responseCode === 'number' ? fields.responseCode : 0,
    enhanced: /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1] ?? '',
    detail: (response === '' ? message : response).replaceAll(/\p{Cc}+/gu, ' ').slice(0, 300),
  }
}
