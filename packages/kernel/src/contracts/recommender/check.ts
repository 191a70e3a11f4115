import { isProperties } from '../check/json.ts'
import { areReasons, isBytes, isText } from '../check/values.ts'
import type { Candidate, Scorer } from './contract.ts'

/** What is wrong with an answer, or undefined. */
export function candidatesProblem(limit: number, candidates: readonly Candidate[]): string | undefined {
  if (!Array.isArray(candidates)) return 'the candidates are not a list'
  if (candidates.length > limit) return `${candidates.length} candidates where ${limit} were asked for`
  const seen = new Set<string>()
  let last = Number.POSITIVE_INFINITY
  for (const [index, candidate] of candidates.entries()) {
    const problem = candidateProblem(candidate, last, seen)
    if (problem !== undefined) return `candidate ${index}: ${problem}`
    seen.add(candidate.item)
    last = candidate.score
  }
  return undefined
}

function candidateProblem(candidate: Candidate | undefined, last: number, seen: ReadonlySet<string>): string | undefined {
  if (typeof candidate !== 'object' || candidate === null || !isText(candidate.item)) return 'it names no item'
  if (seen.has(candidate.item)) return 'the item is there already'
  if (!Number.isFinite(candidate.score)) return 'the score is not finite'
  if (candidate.score > last) return 'it is better than the one before it'
  if (!areReasons(candidate.reasons) || candidate.reasons.length === 0) return 'it gives no reason'
  return undefined
}

/** What is wrong with a trained model, or undefined. */
export function trainedProblem(trained: { readonly model: Uint8Array; readonly parameters: unknown }): string | undefined {
  if (!isBytes(trained?.model)) return 'the model is not bytes'
  return isProperties(trained.parameters) ? undefined : 'the parameters are not a JSON object'
}

/** What is wrong with a loaded model, or undefined. */
export function scorerProblem(scorer: Scorer, memoryBytes: number): string | undefined {
  if (typeof scorer?.recommend !== 'function') return 'there is nothing to ask'
  if (!Number.isFinite(scorer.memoryBytes) || scorer.memoryBytes < 0) return 'memoryBytes is not a size'
  return scorer.memoryBytes > memoryBytes ? `it holds ${scorer.memoryBytes} bytes of the ${memoryBytes} allowed` : undefined
}
