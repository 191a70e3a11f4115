import type { NewReceipt } from './ledger.ts'
import { isSaidAgain } from './silence.ts'

export interface ReceiptProblem {
  /** `[2].purpose` */
  readonly path: string
  readonly message: string
}

const STATES: ReadonlySet<unknown> = new Set<NewReceipt['state']>(['granted', 'denied', 'withdrawn'])
/** What a ledger row may hold: longer texts are no names, and a receipt is read with every decision. */
const MAX_TEXT = 256
const MAX_EVIDENCE = 4_096

/** Checks receipts before they are kept for ever. `now` bounds them: nobody consents from the future. */
export function readReceiptList(
  receipts: readonly NewReceipt[],
  rules: { readonly knows: (purpose: string) => boolean; readonly now: Date },
): { readonly receipts: readonly NewReceipt[]; readonly problems: readonly ReceiptProblem[] } {
  const problems = receipts.flatMap((receipt, index) =>
    problemsOf(receipt, rules.knows).map(([field, message]) => ({ path: `[${index}].${field}`, message })),
  )
  if (problems.length > 0) return { receipts: [], problems }
  return { receipts: receipts.map((receipt) => ({ ...receipt, at: earlier(receipt.at, rules.now) })), problems }
}

function problemsOf(receipt: NewReceipt, knows: (purpose: string) => boolean): readonly (readonly [string, string])[] {
  const problems: (readonly [string, string])[] = []
  if (!knows(receipt.purpose)) problems.push(['purpose', `no consent policy knows the purpose '${String(receipt.purpose).slice(0, 64)}'`])
  if (!STATES.has(receipt.state)) problems.push(['state', "expected 'granted', 'denied' or 'withdrawn'"])
  for (const field of ['purpose', 'basis', 'notice', 'source'] as const) {
    const value: unknown = receipt[field]
    if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT || value.includes('\0')) {
      problems.push([field, `expected 1 to ${MAX_TEXT} characters`])
    }
  }
  if (isSaidAgain(receipt)) problems.push(['source', `'${receipt.source}' is what merges and their undoing say`])
  if (!isInstant(receipt.at)) problems.push(['at', 'expected a date'])
  if (receipt.expiresAt !== undefined) {
    if (!isInstant(receipt.expiresAt)) problems.push(['expiresAt', 'expected a date'])
    else if (receipt.expiresAt <= receipt.at) problems.push(['expiresAt', 'expected a time after `at`: it would never have held'])
  }
  if (JSON.stringify(receipt.evidence ?? {}).length > MAX_EVIDENCE)
    problems.push(['evidence', `expected at most ${MAX_EVIDENCE} characters`])
  return problems
}

const isInstant = (value: unknown): boolean => value instanceof Date && !Number.isNaN(value.getTime())

const earlier = (left: Date, right: Date): Date => new Date(Math.min(left.getTime(), right.getTime()))
