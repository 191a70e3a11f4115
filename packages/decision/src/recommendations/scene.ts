import type { InstanceId } from '@tenon/kernel'
import type { Recommender } from '@tenon/kernel/contracts'
import { SceneInvalid } from '../errors.ts'

/** A place where an answer is shown, and how it comes about. */
export interface Scene {
  readonly key: string
  /** Asked together; their answers are blended by rank. */
  readonly sources: readonly { readonly recommender: InstanceId; readonly weight: number }[]
  /** Asked one after the other while the answer is short. */
  readonly fallbacks: readonly InstanceId[]
  /** Leaves out what the person bought so many days ago or less; 0 shows it again. */
  readonly hideBoughtDays: number
  /** At most so many of one category, the narrowest; no limit where absent. */
  readonly perCategory?: number
  readonly limit: number
}

const boughtDays = { home: 30, related: 0, cart: 30, push: 90 } as const

/**
 * The scenes of an edition that says nothing about scenes: whoever answers from the page, the visit or the person is
 * asked first and blended evenly, whoever answers everybody alike fills up.
 */
export function defaultScenes(recommenders: ReadonlyMap<InstanceId, Recommender>): readonly Scene[] {
  const personal = [...recommenders].filter(([, { uses }]) => uses.length > 0).map(([instance]) => instance)
  const general = [...recommenders.keys()].filter((instance) => !personal.includes(instance))
  return Object.entries(boughtDays).map(([key, hideBoughtDays]) => ({
    key,
    sources: personal.map((recommender) => ({ recommender, weight: 1 })),
    fallbacks: general,
    hideBoughtDays,
    limit: 10,
  }))
}

/** Throws `TENON_SCENE_INVALID` for a scene that names a recommender which is not there. */
export function checkScenes(scenes: readonly Scene[], recommenders: ReadonlyMap<InstanceId, Recommender>): void {
  for (const { key, sources, fallbacks } of scenes) {
    for (const source of [...sources.map(({ recommender }) => recommender), ...fallbacks]) {
      if (!recommenders.has(source)) throw SceneInvalid.create({ scene: key, source, known: [...recommenders.keys()] })
    }
  }
}
