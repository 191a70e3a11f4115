export {
  type BenefitAnswer,
  type BenefitProblem,
  type BenefitPut,
  type Benefits,
  createBenefits,
  type Holding,
} from './benefits/benefits.ts'
export { type BenefitDefinition, benefitDefinition } from './benefits/definition.ts'
export { errors } from './errors.ts'
export { metrics } from './metrics.ts'
export type { TrainingReport } from './recommendations/models.ts'
export {
  createRecommendations,
  type Exposure,
  type RecommendationAnswer,
  type RecommendationRequest,
  type Recommendations,
  type RecommendationsOptions,
} from './recommendations/recommendations.ts'
export type { Shown } from './recommendations/rerank.ts'
export { defaultScenes, type Scene } from './recommendations/scene.ts'
