import { isProperties } from '../check/json.ts'
import { isBytes, isDuration, isProfileId, isReason, isText } from '../check/values.ts'
import type { MatchEvidence, Matcher, MatchLimits, MatchOpinion, MatchProposal, PairMatcher } from './contract.ts'

/** Weights are logarithms: a probability that was rounded tells them only so far. */
const ROUNDING = 1e-6

/** What is wrong with what a matcher says of itself, or undefined. */
export function matcherProblem({ fields, training }: Pick<Matcher, 'fields' | 'training'>): string | undefined {
  if (!Array.isArray(fields) || fields.length === 0) return 'it reads no field'
  if (new Set(fields.map((field) => field?.key)).size !== fields.length) return 'two fields share a key'
  const wrong = fields.find(({ key, label, from }) => {
    const source = 'identifier' in from ? from.identifier : from.trait
    return !/^[a-z][a-z0-9_.]*$/.test(key) || !isText(label?.en) || !isText(source)
  })
  if (wrong !== undefined) return `'${wrong.key}' is not a field with a key, a label and a source`
  return isDuration(training?.every) ? undefined : 'training.every is not a duration'
}

/** What is wrong with the owner's limits, or undefined. */
export function limitsProblem({ review, merge }: MatchLimits): string | undefined {
  if (!isShare(review)) return 'the review limit is not between 0 and 1'
  if (merge === undefined) return undefined
  if (!isShare(merge)) return 'the merge limit is not between 0 and 1'
  return merge < review ? 'the merge limit is below the review limit' : undefined
}

/** What is wrong with a trained model, or undefined. */
export function trainedMatcherProblem(trained: { readonly model: Uint8Array; readonly parameters: unknown }): string | undefined {
  if (!isBytes(trained?.model)) return 'the model is not bytes'
  return isProperties(trained.parameters) ? undefined : 'the parameters are not a JSON object'
}

/** What is wrong with a loaded model, or undefined. */
export function pairMatcherProblem(loaded: PairMatcher, memoryBytes: number): string | undefined {
  if (typeof loaded?.propose !== 'function' || typeof loaded.compare !== 'function') return 'there is nothing to ask'
  if (!Number.isFinite(loaded.memoryBytes) || loaded.memoryBytes < 0) return 'memoryBytes is not a size'
  return loaded.memoryBytes > memoryBytes ? `it holds ${loaded.memoryBytes} bytes of the ${memoryBytes} allowed` : undefined
}

/** What is wrong with an opinion, or undefined. */
export function opinionProblem(fields: ReadonlySet<string>, opinion: MatchOpinion): string | undefined {
  if (typeof opinion !== 'object' || opinion === null) return 'it is not an object'
  const { probability, weight, evidence } = opinion
  if (!isShare(probability)) return 'the probability is not between 0 and 1'
  if (!Number.isFinite(weight)) return 'the weight is not finite'
  if (Math.abs(1 / (1 + 2 ** -weight) - probability) > ROUNDING) return 'weight and probability say different things'
  if (!Array.isArray(evidence) || evidence.length === 0) return 'it gives no evidence'
  return evidence.every((part) => isEvidence(fields, part))
    ? undefined
    : 'a piece of evidence has no code, no detail, no weight or no declared field'
}

/** What a proposal is held against. */
export interface ProposalTerms {
  readonly fields: ReadonlySet<string>
  readonly review: number
  /** Absent where everybody was asked for. */
  readonly asked?: ReadonlySet<number> | undefined
}

/** What is wrong with a proposal, or undefined. */
export function proposalProblem({ fields, review, asked }: ProposalTerms, proposal: MatchProposal): string | undefined {
  const { left, right, group, probability } = proposal ?? {}
  if (!isProfileId(left) || !isProfileId(right)) return 'it does not name two profiles'
  if (left >= right) return 'the lower profile is not on the left'
  if (asked !== undefined && !asked.has(left) && !asked.has(right)) return 'nobody asked for either profile'
  if (group !== undefined && (!isProfileId(group) || group > left)) return 'the group is not the lowest profile in it'
  return opinionProblem(fields, proposal) ?? (probability < review ? 'it is below the review limit' : undefined)
}

const isEvidence = (fields: ReadonlySet<string>, part: MatchEvidence): boolean =>
  fields.has(part?.field) && Number.isFinite(part.weight) && isReason(part)

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1
