import { defineCapability, of } from '../../plugin/capability.ts'
import type { Recommender } from './contract.ts'
import { guardRecommender } from './guard.ts'

export const recommender = defineCapability({ id: 'tenon.recommender/1', arity: 'many', type: of<Recommender>(), guard: guardRecommender })
