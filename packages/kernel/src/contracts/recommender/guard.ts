import type { Guard, GuardTools } from '../../plugin/guard.ts'
import { isPermitted } from '../check/permit.ts'
import type { CallContext } from '../nouns/context.ts'
import { candidatesProblem, scorerProblem, trainedProblem } from './check.ts'
import type { Recommender, RecommendRequest, Scorer } from './contract.ts'

const TRAIN_LIMIT_MS = 60 * 60_000
const LOAD_LIMIT_MS = 60_000

/** What a scorer gets of a person is what the gate permits; what it answers is checked before anybody sees it. */
export const guardRecommender: Guard<Recommender> = (provider, tools) => ({
  uses: provider.uses,
  training: provider.training,
  async train(request, context) {
    const trained = await tools.call({
      operation: 'train',
      limitMs: TRAIN_LIMIT_MS,
      signal: context.signal,
      run: (signal) => provider.train(request, { ...context, signal }),
    })
    const problem = trainedProblem(trained)
    if (problem !== undefined) throw tools.violation('train', problem)
    return trained
  },
  async load(request, context) {
    const scorer = await tools.call({
      operation: 'load',
      limitMs: LOAD_LIMIT_MS,
      signal: context.signal,
      run: (signal) => provider.load(request, { ...context, signal }),
    })
    const problem = scorerProblem(scorer, context.memoryBytes)
    if (problem !== undefined) throw tools.violation('load', problem)
    return guardScorer(scorer, tools, context)
  },
})

/** A scorer belongs to the workspace and purpose that it was loaded for. */
function guardScorer(scorer: Scorer, tools: GuardTools, { workspace, purpose }: CallContext): Scorer {
  const learn = scorer.learn?.bind(scorer)
  const isAllowed = ({ profile, now }: RecommendRequest): boolean =>
    profile !== undefined &&
    profile.permit?.profile === profile.id &&
    isPermitted(tools, profile.permit, { workspace, purpose, action: 'decide', now })
  return {
    memoryBytes: scorer.memoryBytes,
    recommend(request) {
      const allowed = isAllowed(request) ? request : withoutProfile(request)
      const candidates = tools.callSync({ operation: 'recommend', run: () => scorer.recommend(allowed) })
      const problem = candidatesProblem(request.limit, candidates)
      if (problem !== undefined) throw tools.violation('recommend', problem)
      return candidates
    },
    ...(learn === undefined ? {} : { learn: (facts) => tools.callSync({ operation: 'learn', run: () => learn(facts) }) }),
  }
}

function withoutProfile({ profile: _profile, ...rest }: RecommendRequest): RecommendRequest {
  return rest
}
