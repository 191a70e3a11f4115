import type { Analytics } from '@tenon/analytics'
import type { InstanceId } from '@tenon/kernel'
import type { Clock, Logger, ProfileId, Rule, Segmenter, Tagger, TagValue } from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import { type Catalogue, createCatalogue, type DefinitionInput, type PutOutcome } from './definitions/catalogue.ts'
import { kindsOf } from './definitions/kinds.ts'
import type { Live, LiveSegment, LiveTag } from './definitions/live.ts'
import { createEvaluator, type EvaluationReport } from './evaluation/evaluator.ts'
import { populationOf } from './evaluation/population.ts'
import type { Transition } from './evaluation/record-members.ts'
import { createReaction } from './reaction.ts'
import { createSchedule } from './schedule.ts'

export interface Preview {
  readonly size: number
  /** A few of them. */
  readonly sample: readonly ProfileId[]
}

export interface ProfileStanding {
  readonly tags: Readonly<Record<string, { readonly value: TagValue; readonly at: Date }>>
  readonly segments: readonly { readonly segment: string; readonly since: Date }[]
}

/** Tags and segments: defined by people, computed for all and in real time by the same rules, told exactly once. */
export interface Audience {
  readonly definitions: Pick<Catalogue, 'live' | 'tag' | 'segment'>
  readonly kinds: { readonly tags: readonly string[]; readonly segments: readonly string[] }
  putTag(workspace: string, input: DefinitionInput): Promise<PutOutcome<LiveTag>>
  putSegment(workspace: string, input: DefinitionInput): Promise<PutOutcome<LiveSegment>>
  /** How many the rule would select, and a few of them; nothing is stored. */
  preview(request: { readonly workspace: string; readonly rule: Rule; readonly asOf?: Date }): Promise<Preview>
  /** Whether the rule holds for the profile now. For eligibility: fails closed where the person may not be processed. */
  matches(request: { readonly workspace: string; readonly profile: ProfileId; readonly rule: Rule }): Promise<boolean>
  standing(workspace: string, profile: ProfileId): Promise<ProfileStanding>
  evaluate(request: {
    readonly workspace: string
    readonly profiles?: readonly ProfileId[]
    readonly only?: Live
    /** Fits models anew, however young they are. */
    readonly refit?: boolean
    readonly signal?: AbortSignal
  }): Promise<EvaluationReport>
  onTransition(listener: (transition: Transition) => void): void
  /** Events up to this batch are stored: whoever they touch is evaluated soon. */
  stored(batch: number): void
  start(): void
  idle(): Promise<void>
  stop(): Promise<void>
  health(): { readonly failures: number; readonly lastError: string | undefined; readonly behind: boolean }
}

export interface AudienceOptions {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: PrivacyGate
  readonly taggers: ReadonlyMap<InstanceId, Tagger>
  readonly segmenters: ReadonlyMap<InstanceId, Segmenter>
  readonly clock: Clock
  readonly logger: Logger
  /** Milliseconds in which new events are collected before their profiles are evaluated; 250 by default. */
  readonly lingerMs?: number
  /** How often everybody is evaluated, since windows slide without events; 10 minutes by default, the first time after one. */
  readonly everyMs?: number
}

export function createAudience(options: AudienceOptions): Audience {
  const { store, analytics, gate, clock, logger, lingerMs = 250, everyMs = 600_000 } = options
  const taggers = kindsOf(options.taggers)
  const segmenters = kindsOf(options.segmenters)
  const catalogue = createCatalogue({ store, taggers, segmenters, logger })
  const listeners = new Set<(transition: Transition) => void>()
  const onTransition = (transition: Transition) => {
    for (const listener of listeners) listener(transition)
  }
  const evaluator = createEvaluator({ store, analytics, gate, catalogue, clock, logger, onTransition })
  const reaction = createReaction({ store, analytics, evaluator, logger, lingerMs })
  const schedule = createSchedule({ store, evaluator, logger, everyMs })
  const silent = new AbortController().signal
  const population = (workspace: string) => gate.population({ workspace, purpose: 'profile', action: 'compute' })

  return {
    definitions: catalogue,
    kinds: { tags: [...taggers.keys()], segments: [...segmenters.keys()] },
    putTag: catalogue.putTag,
    putSegment: catalogue.putSegment,
    async preview({ workspace, rule, asOf = clock.now() }) {
      return analytics.in(workspace).preview({ rule, asOf, population: await population(workspace) })
    },
    async matches({ workspace, profile, rule }) {
      const rules = [{ key: 'rule', rule }]
      const now = clock.now()
      const scope = {
        asOf: now,
        profiles: [profile],
        population: await populationOf(gate, { workspace, profiles: [profile], now, signal: silent }),
      }
      const members = await analytics.in(workspace).evaluateRules({ rules, ...scope })
      return (members.get('rule') ?? []).length > 0
    },
    async standing(workspace, profile) {
      const { tagValues, transitions } = analytics.in(workspace)
      const [tags, segments] = await Promise.all([tagValues.of([profile]), transitions.segmentsOf(profile)])
      return { tags: [...tags.values()][0] ?? {}, segments }
    },
    evaluate: evaluator.evaluate,
    onTransition: (listener) => void listeners.add(listener),
    stored: reaction.stored,
    start() {
      reaction.start()
      schedule.start()
    },
    idle: reaction.idle,
    async stop() {
      await Promise.all([reaction.stop(), schedule.stop()])
    },
    health: reaction.health,
  }
}
