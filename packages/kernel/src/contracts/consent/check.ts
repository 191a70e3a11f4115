import { isProperties } from '../check/json.ts'
import { isDate, isReason, isText } from '../check/values.ts'
import type { Purpose } from '../nouns/purpose.ts'
import type { ConsentPolicy, Decision, Receipt } from './contract.ts'

const STATES: readonly string[] = ['granted', 'denied', 'withdrawn']

/** `marketing.email` is part of `marketing`. */
export function covers(purpose: Purpose, asked: Purpose): boolean {
  return asked === purpose || asked.startsWith(`${purpose}.`)
}

/** What is wrong with a decision, or undefined. */
export function decisionProblem(
  policy: Pick<ConsentPolicy, 'purposes'>,
  request: { readonly purpose: Purpose; readonly receipts: readonly Receipt[] },
  now: Date,
  decision: Decision,
): string | undefined {
  if (typeof decision !== 'object' || decision === null) return 'the decision is not an object'
  if (decision.granted === false) return isReason(decision.reason) ? undefined : 'a refusal needs a reason'
  if (decision.granted !== true) return 'the decision is neither granted nor not'
  const bases = policy.purposes.filter(({ purpose }) => covers(purpose, request.purpose)).flatMap((described) => described.bases)
  if (!bases.includes(decision.basis)) return 'the basis is none that the policy describes for the purpose'
  const { receipt } = decision
  if (receipt !== undefined && !request.receipts.some(({ id }) => id === receipt)) return 'the receipt is none of the person'
  return decision.basis === 'consent' && !hasGrant(request, now) ? 'it rests on a consent that nobody gave' : undefined
}

/** Whether any receipt could carry a consent: which of them binds is the policy's to say. */
function hasGrant({ purpose, receipts }: { readonly purpose: Purpose; readonly receipts: readonly Receipt[] }, now: Date): boolean {
  return receipts.some(
    (receipt) =>
      receipt.state === 'granted' && covers(receipt.purpose, purpose) && (receipt.expiresAt === undefined || receipt.expiresAt > now),
  )
}

/** What is wrong with a receipt that a policy read out of a signal, or undefined. */
export function receiptProblem(receipt: Omit<Receipt, 'id'>): string | undefined {
  if (typeof receipt !== 'object' || receipt === null) return 'the receipt is not an object'
  if (!isText(receipt.purpose)) return 'it has no purpose'
  if (!STATES.includes(receipt.state)) return 'its state is not known'
  if (!isText(receipt.basis) || typeof receipt.notice !== 'string' || !isText(receipt.source)) return 'it lacks basis, notice or source'
  if (!isDate(receipt.at) || !(receipt.expiresAt === undefined || isDate(receipt.expiresAt))) return 'it has no valid dates'
  return isProperties(receipt.evidence) ? undefined : 'its evidence is not a JSON object'
}

/** Whether `chosen` is one of the two and not the looser. */
export function isStricter(chosen: Receipt, left: Receipt, right: Receipt): boolean {
  const isOneOfThem = chosen === left || chosen === right
  const isLooser = chosen?.state === 'granted' && (left.state !== 'granted' || right.state !== 'granted')
  return isOneOfThem && !isLooser
}
