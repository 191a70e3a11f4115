import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Analytics } from '@tenon/analytics'
import type { InstanceId } from '@tenon/kernel'
import {
  type Candidate,
  type Clock,
  type Interaction,
  type ItemId,
  type Logger,
  type Meter,
  noMeter,
  type ProfileId,
  type Recommender,
  type RecommendRequest,
} from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import { SceneUnknown } from '../errors.ts'
import { countCandidates, countFallback, measureAnswer } from '../metrics.ts'
import { blend } from './blend.ts'
import { historyOf } from './history.ts'
import { createItemCache } from './item-cache.ts'
import { createModels, type TrainingReport } from './models.ts'
import { rerank, type Shown } from './rerank.ts'
import { checkScenes, defaultScenes, type Scene } from './scene.ts'

export interface RecommendationRequest {
  readonly workspace: string
  readonly scene: string
  readonly profile?: ProfileId
  /** Of the current visit, the latest first. */
  readonly session?: readonly ItemId[]
  readonly anchors?: readonly ItemId[]
  readonly query?: string
  readonly limit?: number
}

export interface RecommendationAnswer {
  /** Ties what was shown to what people do with it. */
  readonly requestId: string
  readonly scene: string
  readonly items: readonly Shown[]
  readonly strategy: 'rrf'
  /** Version of the model of each recommender that was asked. */
  readonly models: Readonly<Record<InstanceId, string>>
  /** False where the answer is the same for everybody: no profile, or no consent to personal choice. */
  readonly personal: boolean
}

/** Told after each answer, so that what was shown can be measured. */
export type Exposure = Pick<RecommendationRequest, 'workspace' | 'profile'> & { readonly answer: RecommendationAnswer; readonly at: Date }

export interface Recommendations {
  readonly scenes: readonly Scene[]
  /** Throws `TENON_SCENE_UNKNOWN`. Empty where nobody knows anything: never random. */
  recommend(request: RecommendationRequest): Promise<RecommendationAnswer>
  train(request: {
    readonly workspace: string
    readonly everything?: boolean
    readonly signal?: AbortSignal
  }): Promise<readonly TrainingReport[]>
  start(): void
  stop(): Promise<void>
}

export interface RecommendationsOptions {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: PrivacyGate
  readonly recommenders: ReadonlyMap<InstanceId, Recommender>
  readonly scenes?: readonly Scene[]
  readonly clock: Clock
  readonly logger: Logger
  readonly meter?: Meter
  /** Events that say that an item was bought. */
  readonly purchases?: readonly string[]
  readonly onExposure?: (exposure: Exposure) => void
  /** How often models are looked at for their age; 10 s by default. */
  readonly trainingCheckMs?: number
}

/** Filters take some away, so that many times more candidates are asked for than shown. */
const overfetch = 10
const dayMs = 86_400_000

export function createRecommendations(options: RecommendationsOptions): Recommendations {
  const { store, analytics, gate, recommenders, clock, logger, meter = noMeter, onExposure, trainingCheckMs = 10_000 } = options
  const purchases = new Set(options.purchases ?? ['Order Completed'])
  const scenes = options.scenes ?? defaultScenes(recommenders)
  checkScenes(scenes, recommenders)
  const models = createModels({ ...options, meter })
  const itemCache = createItemCache({ store, clock, freshMs: 1_000 })
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  /** The person as recommenders may see them: undefined without consent to personal choice. */
  async function personOf(workspace: string, profile: ProfileId, now: Date): Promise<RecommendRequest['profile']> {
    const context = { workspace, purpose: 'personalise', now, signal: stopping.signal }
    const permit = (await gate.permits({ profiles: [profile], purpose: 'personalise', action: 'decide' }, context)).get(profile)
    if (permit === undefined) return undefined
    const reader = analytics.in(workspace)
    const [history, values] = await Promise.all([historyOf(reader, profile), reader.tagValues.of([profile])])
    const tags = Object.fromEntries([...values.values()].flatMap((held) => Object.entries(held).map(([tag, { value }]) => [tag, value])))
    return { id: profile, permit, tags, history }
  }

  async function ask(
    workspace: string,
    instance: InstanceId,
    request: RecommendRequest,
    versions: Record<InstanceId, string>,
  ): Promise<readonly Candidate[]> {
    const model = await models.scorer(workspace, instance)
    if (model === undefined) return []
    versions[instance] = model.version
    try {
      return model.scorer.recommend(request)
    } catch (error) {
      // One recommender that fails costs its own candidates; its breaker and health tell the operator.
      logger.warn('a recommender did not answer', { workspace, recommender: instance, error })
      return []
    }
  }

  async function answerOf(request: RecommendationRequest, scene: Scene): Promise<RecommendationAnswer> {
    const { workspace, anchors = [], session = [], query } = request
    const now = clock.now()
    const limit = request.limit ?? scene.limit
    const [person, catalogue] = await Promise.all([
      request.profile === undefined ? undefined : personOf(workspace, request.profile, now),
      itemCache.of(workspace),
    ])
    const asked: RecommendRequest = {
      scene: scene.key,
      session: session.map((item): Interaction => ({ item, kind: 'session', weight: 1, at: now })),
      anchors,
      limit: Math.max(limit * overfetch, 100),
      now,
      ...(person === undefined ? {} : { profile: person }),
      ...(query === undefined ? {} : { query }),
    }
    const since = now.getTime() - scene.hideBoughtDays * dayMs
    const bought = (person?.history ?? []).filter(({ kind, at }) => purchases.has(kind) && at.getTime() > since)
    const hidden = new Set([...anchors, ...bought.map(({ item }) => item)])
    const rules = { catalogue, hidden, limit, ...(scene.perCategory === undefined ? {} : { perCategory: scene.perCategory }) }
    const versions: Record<InstanceId, string> = {}
    const answers = await Promise.all(
      scene.sources.map(async ({ recommender, weight }) => {
        const candidates = await ask(workspace, recommender, asked, versions)
        countCandidates(meter, { instance: recommender, role: 'source' }, candidates.length)
        return { source: recommender, weight, candidates }
      }),
    )
    let blended = blend(answers)
    let items = rerank(blended, rules)
    for (const fallback of scene.fallbacks) {
      if (items.length >= limit) break
      const known = new Set(blended.map(({ item }) => item))
      const candidates = await ask(workspace, fallback, asked, versions)
      countFallback(meter, scene.key, fallback)
      countCandidates(meter, { instance: fallback, role: 'fallback' }, candidates.length)
      const more = blend([{ source: fallback, weight: 1, candidates }])
      // Behind everything that knows more: scores of a fallback are scaled below the last one.
      const floor = blended.at(-1)?.score ?? 1
      blended = [...blended, ...more.filter(({ item }) => !known.has(item)).map((entry) => ({ ...entry, score: entry.score * floor }))]
      items = rerank(blended, rules)
    }
    const answer: RecommendationAnswer = {
      requestId: randomUUID(),
      scene: scene.key,
      items,
      strategy: 'rrf',
      models: versions,
      personal: person !== undefined,
    }
    onExposure?.({ workspace, answer, at: now, ...(request.profile === undefined ? {} : { profile: request.profile }) })
    return answer
  }

  async function recommend(request: RecommendationRequest): Promise<RecommendationAnswer> {
    const scene = scenes.find(({ key }) => key === request.scene)
    // Before anything is measured: an unknown scene is a word of the caller.
    if (scene === undefined) throw SceneUnknown.create({ scene: request.scene, known: scenes.map(({ key }) => key) })
    const measured = { scene: scene.key, begun: performance.now(), wanted: request.limit ?? scene.limit }
    try {
      const answer = await answerOf(request, scene)
      measureAnswer(meter, { ...measured, given: answer.items.length })
      return answer
    } catch (error) {
      measureAnswer(meter, { ...measured, given: undefined })
      throw error
    }
  }

  async function loop(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      try {
        for (const { id: workspace } of await store.workspaces.list()) await models.train({ workspace, everything: false, signal })
      } catch (error) {
        if (!signal.aborted) logger.error('training stopped; it goes on with the next look', { error })
      }
      await pause(trainingCheckMs, undefined, { signal }).catch(() => {})
    }
  }

  return {
    scenes,
    recommend,
    train: ({ workspace, everything = true, signal = stopping.signal }) => models.train({ workspace, everything, signal }),
    start() {
      running ??= loop()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
