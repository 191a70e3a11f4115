import type { Analytics } from '@tenon/analytics'
import { errorCode, type InstanceId } from '@tenon/kernel'
import {
  type Clock,
  type Logger,
  type Meter,
  noMeter,
  type ProfileId,
  type Rule,
  ruleDependencies,
  type Segmenter,
  type Tagger,
  type TagValue,
} from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import {
  type Catalogue,
  createCatalogue,
  type DefinitionInput,
  type PutOutcome,
  type Referring,
  type RetireOutcome,
} from './definitions/catalogue.ts'
import { kindsOf } from './definitions/kinds.ts'
import type { LiveSegment, LiveTag } from './definitions/live.ts'
import type { DefinitionProblem } from './definitions/problem.ts'
import type { Referrer } from './definitions/references.ts'
import { isRefusal, rehearse } from './definitions/rehearse.ts'
import { StationStopped } from './errors.ts'
import { createEvaluator, type EvaluationReport, type EvaluationRequest } from './evaluation/evaluator.ts'
import { createExclusive } from './evaluation/exclusive.ts'
import { failedConditions, type RuleVerdict } from './evaluation/explain.ts'
import { createGiveWay } from './evaluation/give-way.ts'
import type { Transition } from './evaluation/journal.ts'
import { createTroubles, type Trouble } from './evaluation/troubles.ts'
import { consentsOf, populationsOf, processable } from './evaluation/who-may.ts'
import { createReaction, type PeopleByWorkspace } from './reaction.ts'
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

export interface AudienceHealth {
  /** Of the reaction to new events, in a row. */
  readonly failures: number
  readonly lastError: string | undefined
  /** Whether stored events wait for their evaluation. */
  readonly behind: boolean
  /** Definitions that can not be evaluated now; the others are. */
  readonly troubles: readonly Trouble[]
}

/** Tags and segments: defined by people, computed for all and in real time by the same rules, told exactly once. */
export interface Audience {
  readonly definitions: Pick<Catalogue, 'live' | 'tag' | 'segment'>
  readonly kinds: { readonly tags: readonly string[]; readonly segments: readonly string[] }
  putTag(workspace: string, input: DefinitionInput): Promise<PutOutcome<LiveTag>>
  putSegment(workspace: string, input: DefinitionInput): Promise<PutOutcome<LiveSegment>>
  /** Takes a definition out of use; its values have ended before this resolves. Undefined where there never was one. */
  retireTag(workspace: string, key: string): Promise<RetireOutcome>
  /** Takes a definition out of use; its members have left before this resolves. Undefined where there never was one. */
  retireSegment(workspace: string, key: string): Promise<RetireOutcome>
  /** From now on no tag or segment goes out of use that is named there. */
  namedBy(referrer: Referrer): void
  /** Keeps what names tags and segments by a rule, if all that the rule names is there; none of it goes meanwhile. */
  referring<T>(request: { readonly workspace: string; readonly rule: Rule; keep(): Promise<T> }): Promise<Referring<T>>
  /** How many the rule would select, and a few of them; nothing is stored. Refuses a rule that names what is not there. */
  preview(request: {
    readonly workspace: string
    readonly rule: Rule
    readonly asOf?: Date
  }): Promise<(Preview & { readonly ok: true }) | { readonly ok: false; readonly problems: readonly DefinitionProblem[] }>
  /** Whether the rule holds for the profile now, and why not. For eligibility: fails closed where the person may not be processed. */
  verdict(request: { readonly workspace: string; readonly profile: ProfileId; readonly rule: Rule }): Promise<RuleVerdict>
  standing(workspace: string, profile: ProfileId): Promise<ProfileStanding>
  evaluate(request: EvaluationRequest): Promise<EvaluationReport>
  /**
   * Told of transitions that this process recorded: a wake-up. Whoever must hear of each exactly once reads
   * `analytics.in(workspace).transitions.since`.
   */
  onTransition(listener: (transition: Transition) => void): void
  /** The events of this batch are stored, of these people or of anybody, the first received at this time: whoever they touch is evaluated soon. */
  stored(batch: number, people?: PeopleByWorkspace, receivedAt?: Date): void
  /** Another process stored events until now and may have died before it evaluated whom they touch: they are evaluated soon. */
  catchUp(): void
  /** Something other than an event changed about these people, such as a consent: they are evaluated soon. */
  changed(workspace: string, profiles: readonly ProfileId[]): void
  start(): void
  /** Resolves when everything told so far is evaluated. Waits for `start`. */
  idle(): Promise<void>
  /** Ends what is being evaluated; the next start goes on with it. */
  stop(): Promise<void>
  health(): AudienceHealth
}

export interface AudienceOptions {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: PrivacyGate
  readonly taggers: ReadonlyMap<InstanceId, Tagger>
  readonly segmenters: ReadonlyMap<InstanceId, Segmenter>
  readonly clock: Clock
  readonly logger: Logger
  readonly meter?: Meter
  /** Milliseconds in which new events are collected before their profiles are evaluated; 250 by default. */
  readonly lingerMs?: number
  /** How often everybody is evaluated, since windows slide without events; 10 minutes by default, the first time after one. */
  readonly everyMs?: number
  /** People in one turn of an evaluation; 10,000 by default. What else waits, waits for one turn. */
  readonly portion?: number
  /** What a plugin may take to compute one portion; 30 seconds by default. */
  readonly modelLimitMs?: number
  /** How long everybody else waits for a model; 2 seconds by default. One that takes longer is computed beside the others. */
  readonly patienceMs?: number
  /** What a plugin may take to fit a model; 10 minutes by default. Nobody's turn waits for it. */
  readonly fitLimitMs?: number
}

export function createAudience(options: AudienceOptions): Audience {
  const { store, analytics, gate, clock, logger, meter = noMeter, lingerMs = 250, everyMs = 600_000 } = options
  const { portion = 10_000, modelLimitMs = 30_000, fitLimitMs = 600_000, patienceMs = 2_000 } = options
  const taggers = kindsOf(options.taggers)
  const segmenters = kindsOf(options.segmenters)
  const stop = new AbortController()
  const stopping = stop.signal
  const exclusive = createExclusive(store.jobs)
  const troubles = createTroubles({ clock, logger, meter })
  const catalogue = createCatalogue({
    ...{ store, taggers, segmenters, exclusive, logger, policies: gate },
    rehearse: (workspace, live) => rehearse(analytics, clock, workspace, live),
  })
  const listeners = new Set<(transition: Transition) => void>()
  const onTransition = (transition: Transition) => {
    for (const listener of listeners) {
      try {
        listener(transition)
      } catch (error) {
        logger.error('a listener of transitions failed', { workspace: transition.workspace, segment: transition.segment, error })
      }
    }
  }
  const giveWay = createGiveWay({ meter })
  const limits = { portion, modelLimitMs, fitLimitMs, patienceMs }
  const evaluator = createEvaluator({
    store,
    analytics,
    gate,
    catalogue,
    exclusive,
    troubles,
    clock,
    logger,
    meter,
    onTransition,
    stopping,
    giveWay,
    ...limits,
  })
  const reaction = createReaction({ store, analytics, evaluator, clock, logger, meter, lingerMs })
  const schedule = createSchedule({ store, evaluator, logger, everyMs })

  async function retire(workspace: string, type: 'tag' | 'segment', key: string): Promise<RetireOutcome> {
    const outcome = await catalogue.retire(workspace, type, key)
    if (outcome?.ok === true) await evaluator.endOrphans(workspace)
    return outcome
  }

  return {
    definitions: catalogue,
    kinds: { tags: [...taggers.keys()], segments: [...segmenters.keys()] },
    putTag: catalogue.putTag,
    putSegment: catalogue.putSegment,
    retireTag: (workspace, key) => retire(workspace, 'tag', key),
    retireSegment: (workspace, key) => retire(workspace, 'segment', key),
    namedBy: catalogue.namedBy,
    referring: ({ workspace, rule, keep }) => catalogue.referring(workspace, rule, keep),
    async preview({ workspace, rule, asOf = clock.now() }) {
      const problems = await catalogue.missingIn(workspace, rule)
      if (problems.length > 0) return { ok: false, problems }
      const population = await gate.population({ workspace, purpose: 'profile', action: 'compute' })
      const consents = await populationsOf(gate, { workspace, purposes: ruleDependencies(rule).consents })
      return { ok: true, ...(await analytics.in(workspace).preview({ rule, asOf, population, consents })) }
    },
    async verdict({ workspace, profile, rule }) {
      const now = clock.now()
      const person = (await store.in(workspace).profiles.resolve([profile])).get(profile) ?? profile
      const who = { workspace, profiles: [person], now, signal: stopping }
      const granted = await processable(gate, who)
      if (granted.length === 0) return { holds: false, withoutConsentTo: 'profile' }
      const consents = await consentsOf(gate, { ...who, purposes: ruleDependencies(rule).consents })
      const evaluate = (rules: readonly { readonly key: string; readonly rule: Rule }[]) =>
        analytics.in(workspace).evaluateRules({ rules, asOf: now, profiles: granted, consents })
      const members = await evaluate([{ key: 'rule', rule }])
      if (members.get('rule')?.includes(person) === true) return { holds: true }
      try {
        return { holds: false, failed: await failedConditions(rule, person, evaluate) }
      } catch (error) {
        // Many conditions at once may be too much where the one rule was not: then it is the rule that fails.
        if (!isRefusal(errorCode(error))) throw error
        return { holds: false, failed: [{ path: '', rule }] }
      }
    },
    async standing(workspace, profile) {
      const { tagValues, transitions } = analytics.in(workspace)
      const [tags, segments] = await Promise.all([tagValues.of([profile]), transitions.segmentsOf(profile)])
      return { tags: [...tags.values()][0] ?? {}, segments }
    },
    evaluate: evaluator.evaluate,
    onTransition: (listener) => void listeners.add(listener),
    stored(batch, people, receivedAt) {
      if (receivedAt !== undefined) giveWay.stored(clock.now().getTime() - receivedAt.getTime())
      reaction.stored(batch, people, receivedAt)
    },
    catchUp: reaction.catchUp,
    changed: reaction.changed,
    start() {
      reaction.start()
      schedule.start()
    },
    async idle() {
      await reaction.idle()
      await evaluator.idle()
    },
    async stop() {
      stop.abort(StationStopped.create({}))
      await Promise.all([reaction.stop(), schedule.stop(), evaluator.idle(), exclusive.idle()])
    },
    health: () => ({ ...reaction.health(), troubles: troubles.list() }),
  }
}
