import { isProperties } from '../check/json.ts'
import { isDate, isReason, isText } from '../check/values.ts'
import type { BenefitKind, BenefitOutcome, Grant, GrantChange } from './contract.ts'

type Request = Parameters<BenefitKind['apply']>[0]

/** What is wrong with the outcome of a command, or undefined. `drawn` are the codes that the call asked for. */
export function outcomeProblem(
  states: readonly string[],
  request: Omit<Request, 'draw'>,
  drawn: ReadonlySet<string>,
  outcome: BenefitOutcome,
): string | undefined {
  if (typeof outcome !== 'object' || outcome === null) return 'the outcome is not an object'
  if (outcome.ok === false) return isReason(outcome.reason) ? undefined : 'a refusal needs a reason'
  if (outcome.ok !== true) return 'the outcome is neither ok nor not'
  return changesProblem(states, request, drawn, outcome.changes) ?? amountsProblem(outcome)
}

function changesProblem(
  states: readonly string[],
  request: Omit<Request, 'draw'>,
  drawn: ReadonlySet<string>,
  changes: readonly GrantChange[],
): string | undefined {
  if (!Array.isArray(changes)) return 'the changes are not a list'
  const grants = new Map(request.grants.map((grant) => [grant.id, grant]))
  const held = new Set(request.grants.flatMap(({ code }) => (code === undefined ? [] : [code])))
  const touched = new Set<string>()
  for (const [index, change] of changes.entries()) {
    const problem = changeProblem(states, request, grants, change) ?? codeProblem(drawn, held, change)
    if (problem !== undefined) return `change ${index}: ${problem}`
    if (change.grant !== 'new' && touched.has(change.grant)) return `change ${index}: the grant is changed already`
    touched.add(change.grant)
  }
  return undefined
}

function changeProblem(
  states: readonly string[],
  { command, profile }: Omit<Request, 'draw'>,
  grants: ReadonlyMap<string, Grant>,
  change: GrantChange | undefined,
): string | undefined {
  if (typeof change !== 'object' || change === null) return 'not an object'
  if (change.grant !== 'new' && !grants.has(change.grant)) return 'the grant was not handed over'
  if (!states.includes(change.state)) return `'${change.state}' is not a state of this kind`
  if (change.grant === 'new' && command.kind === 'issue' && change.state !== states[0]) return 'a fresh grant begins in the first state'
  const isOwner = change.profile === profile || (command.kind === 'transfer' && change.profile === command.to)
  if (!isOwner) return 'it belongs to somebody else'
  if (!isProperties(change.data)) return 'the data is not a JSON object'
  return change.expiresAt === undefined || isDate(change.expiresAt) ? undefined : 'expiresAt is not a date'
}

/** A kind may put a prefix before a drawn code; nothing that it thought of by itself is unguessable. */
function codeProblem(drawn: ReadonlySet<string>, held: ReadonlySet<string>, { code }: GrantChange): string | undefined {
  if (code === undefined) return undefined
  if (!isText(code)) return 'the code is not a text'
  return held.has(code) || [...drawn].some((letters) => code.endsWith(letters)) ? undefined : 'the code was not drawn'
}

function amountsProblem({ postings, value, cost }: Extract<BenefitOutcome, { ok: true }>): string | undefined {
  if (!Number.isSafeInteger(value) || !Number.isSafeInteger(cost)) return 'value and cost are whole minor units'
  if (!Array.isArray(postings)) return 'the postings are not a list'
  let sum = 0
  for (const posting of postings) {
    if (!isText(posting?.account) || !Number.isSafeInteger(posting.amount)) return 'a posting has an account and a whole amount'
    sum += posting.amount
  }
  return sum === 0 ? undefined : `the postings add up to ${sum}, not to zero`
}
