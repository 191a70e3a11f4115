import type { GuardTools } from '../../plugin/guard.ts'
import type { Fit, Fitted } from '../nouns/learning.ts'
import { areFinite, isBytes } from './values.ts'

const FIT_LIMIT_MS = 60 * 60_000

/** What is wrong with a fitted model, or undefined. */
export function fittedProblem(fitted: Fitted): string | undefined {
  if (!isBytes(fitted?.model)) return 'the model is not bytes'
  return areFinite(fitted.quality) ? undefined : 'the quality is not made of finite numbers'
}

/** Learning that ends in time and with a sound model. */
export const guardFit =
  (fit: Fit, tools: GuardTools): Fit =>
  async (request, context) => {
    const fitted = await tools.call({
      operation: 'fit',
      limitMs: FIT_LIMIT_MS,
      signal: context.signal,
      run: (signal) => fit(request, { ...context, signal }),
    })
    const problem = fittedProblem(fitted)
    if (problem !== undefined) throw tools.violation('fit', problem)
    return fitted
  }
