import {
  type Action,
  type CallContext,
  type Clock,
  type ConsentPolicy,
  type CustomerEvent,
  type Decision,
  type Gate,
  type Logger,
  type Meter,
  noMeter,
  type Permit,
  type ProfileId,
  type Properties,
  type Purpose,
  type PurposeDescription,
  type Receipt,
} from '@tenon/kernel/contracts'
import { afterUnmerge, type UnmergedHistories } from './after-unmerge.ts'
import { freshSignals, type SignalReceipt } from './fresh-signals.ts'
import { interpretEvent, maySpeakOfConsent } from './interpret-event.ts'
import { placeNoes, type Word } from './late-no.ts'
import { type ConsentLedger, type ConsentStore, type Kept, type NewReceipt, readKept, readReceipts } from './ledger.ts'
import { countDecisions } from './metrics.ts'
import { createPanel, type Panel } from './panel.ts'
import { createPermits } from './permits.ts'
import { type ReceiptProblem, readReceiptList } from './read-receipt.ts'
import { type ConsentStanding, standingsOf } from './standing.ts'
import { stricterOnMerge } from './stricter-on-merge.ts'

/** Who may be processed for a purpose: everyone but the exceptions, or only they. */
export interface Population {
  readonly default: boolean
  readonly exceptions: readonly ProfileId[]
}

export type RecordOutcome = { readonly ok: true } | { readonly ok: false; readonly problems: readonly ReceiptProblem[] }

export interface GateOptions {
  readonly store: ConsentStore
  /** Read at every decision, so that a host can fill it when its plugins are up; while it is empty the answer is no. */
  readonly policies: ReadonlyMap<string, ConsentPolicy>
  readonly clock: Clock
  readonly logger?: Logger
  readonly meter?: Meter
  /** Country, age and the like for policies. Without it every person stands under every law. */
  readonly traits?: (workspace: string, profiles: readonly ProfileId[]) => Promise<ReadonlyMap<ProfileId, Properties>>
  /** How long one decision of one policy may take before its answer is no; 1 s by default. */
  readonly limitMs?: number
  /** Milliseconds of a monotonic clock. */
  readonly elapsed?: () => number
}

/** Of signals that are recorded together; without it, now, and of people whom nobody has joined meanwhile. */
export interface SignalsRecorded {
  readonly recordedAt?: Date
  /** Others joined these people before, in the same transaction: nothing that is on record yet was said by all that they are now. */
  readonly hasJoined: boolean
}

/** Profiles that become one person. */
export interface ConsentMerge {
  readonly into: ProfileId
  readonly from: readonly ProfileId[]
  readonly at: Date
}

export interface PrivacyGate extends Gate {
  /** What the policies of the edition know. */
  purposes(): readonly PurposeDescription[]
  /** Whether some policy knows the purpose or one that it is part of. */
  knows(purpose: Purpose): boolean
  /** The same decision for everybody at once. People for whom no receipt exists share the default. */
  population(request: { readonly workspace: string; readonly purpose: Purpose; readonly action: Action }): Promise<Population>
  /** Keeps what a person says explicitly, all or nothing. Binds from the next decision on. */
  record(workspace: string, profile: ProfileId, receipts: readonly NewReceipt[]): Promise<RecordOutcome>
  /** The same through the caller's transaction. */
  recordWithin(ledger: ConsentLedger, profile: ProfileId, receipts: readonly NewReceipt[]): Promise<RecordOutcome>
  /** How every purpose stands for one person. */
  consentsOf(workspace: string, profile: ProfileId): Promise<readonly ConsentStanding[]>
  /** False only where an event with this context, given as `JSON.stringify` writes it, says nothing about consent. */
  maySpeakOfConsent(context: string): boolean
  /** What an event says about consent, not yet recorded: see `recordSignals`. */
  interpretEvent(event: CustomerEvent): readonly NewReceipt[]
  /**
   * Records what is new in the signals of a batch, through the caller's transaction. A client repeats its consent with
   * every event; see `freshSignals` for what is kept.
   */
  recordSignals(ledger: ConsentLedger, signals: readonly SignalReceipt[], when?: SignalsRecorded): Promise<number>
  /** To be called before a merge, in its transaction and under the lock of identities: afterwards the stricter of both histories binds. */
  beforeMerge(ledger: ConsentLedger, merge: ConsentMerge): Promise<void>
  /** The same for many merges, of which no two concern the same person: the number of statements does not grow with them. */
  beforeMerges(ledger: ConsentLedger, merges: readonly ConsentMerge[]): Promise<void>
  /**
   * To be called when a merge is taken back, in its transaction: afterwards each of the two is bound by what it said itself and, where
   * that is stricter, by what was said while they were one. What was recorded for it.
   */
  afterUnmerge(ledger: ConsentLedger, histories: UnmergedHistories): Promise<readonly SignalReceipt[]>
}

/**
 * The one door to personal data. Every policy of the edition must grant; no policy, an unknown purpose, a policy that
 * throws, dawdles or answers nonsense means no. A ledger that can not be read is an error and never an answer.
 */
export function createGate(options: GateOptions): PrivacyGate {
  const { store, policies, clock, logger, meter = noMeter, limitMs = 1_000, elapsed = () => performance.now() } = options
  const panel: Panel = createPanel({ policies, logger, limitMs, elapsed })
  const permits = createPermits()
  const silent = new AbortController().signal
  const contextOf = (workspace: string, purpose: Purpose): CallContext => ({ workspace, purpose, now: clock.now(), signal: silent })
  const traitsOf = async (workspace: string, profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, Properties>> =>
    profiles.length === 0 || options.traits === undefined ? new Map() : options.traits(workspace, profiles)

  async function decide(request: Parameters<Gate['decide']>[0], context: CallContext): Promise<ReadonlyMap<ProfileId, Decision>> {
    const { purpose, action } = request
    const profiles = [...new Set(request.profiles)]
    const people = profiles.filter(isPerson)
    const receipts = await readReceipts(store.in(context.workspace), people)
    const traits = await traitsOf(context.workspace, people)
    const ask = panel.sit(context)
    // People about whom nothing is known put the same question, and of a batch they are nearly all.
    let asOfStrangers: Decision | undefined
    const answer = (profile: ProfileId): Decision => {
      const said = receipts.get(profile) ?? []
      const known = traits.get(profile)
      if (said.length > 0 || known !== undefined) return ask({ purpose, action, receipts: said, traits: known ?? {} })
      asOfStrangers ??= ask({ purpose, action, receipts: [], traits: {} })
      return asOfStrangers
    }
    const decisions = new Map(
      profiles.map((profile) => [profile, profile === NOBODY || isPerson(profile) ? answer(profile) : NO_SUCH_PROFILE]),
    )
    countDecisions(meter, panel.knows(purpose) ? purpose : undefined, decisions)
    return decisions
  }

  async function recordWithin(ledger: ConsentLedger, profile: ProfileId, receipts: readonly NewReceipt[]): Promise<RecordOutcome> {
    const read = readReceiptList(receipts, { knows: panel.knows, now: clock.now() })
    if (read.problems.length > 0) return { ok: false, problems: read.problems }
    if (read.receipts.length > 0) await ledger.consents.record(await inEffect(ledger, profile, read.receipts))
    return { ok: true }
  }

  /** A no that comes late binds where a yes was said again since: see `placeNoes`. */
  async function inEffect(ledger: ConsentLedger, profile: ProfileId, receipts: readonly NewReceipt[]): Promise<readonly SignalReceipt[]> {
    const words: Word[] = receipts.some(isNo) ? [...((await readKept(ledger, [profile])).get(profile) ?? [])] : []
    words.push(...receipts.filter((receipt) => !isNo(receipt)).map((receipt) => ({ receipt, isOfAll: true })))
    return receipts.map((receipt) => {
      if (!isNo(receipt)) return { ...receipt, profile }
      const placed = placeNoes(words)(receipt)
      words.push({ receipt: placed, isOfAll: true })
      return { ...placed, profile }
    })
  }

  async function beforeMerges(ledger: ConsentLedger, merges: readonly ConsentMerge[]): Promise<void> {
    const histories = await readReceipts(
      ledger,
      merges.flatMap(({ into, from }) => [into, ...from]),
    )
    const again = merges.flatMap(({ into, from, at }) =>
      stricterOnMerge({ into, before: [into, ...from].map((profile) => histories.get(profile) ?? []), at, policies }),
    )
    if (again.length > 0) await ledger.consents.record(again)
  }

  return Object.freeze<PrivacyGate>({
    purposes: panel.purposes,
    knows: panel.knows,
    decide,
    async permits(request, context) {
      // A permit binds for minutes to come, so it rests on the real time, whatever instant the caller looks at.
      const now = clock.now()
      const decisions = await decide({ ...request, profiles: request.profiles.filter(isPerson) }, { ...context, now })
      const given = new Map<ProfileId, Permit>()
      for (const [profile, decision] of decisions) {
        if (!decision.granted) continue
        const { basis, receipt } = decision
        const { purpose, action } = request
        const { workspace } = context
        given.set(
          profile,
          permits.issue({ workspace, profile, purpose, action, basis, ...(receipt === undefined ? {} : { receipt }), decidedAt: now }),
        )
      }
      return given
    },
    accepts: permits.accepts,
    async population({ workspace, purpose, action }) {
      const context = contextOf(workspace, purpose)
      const standard = panel.sit(context)({ purpose, action, receipts: [], traits: {} }).granted
      const exceptions = new Set<ProfileId>()
      for await (const page of store.in(workspace).consents.profilesWith()) {
        for (const [profile, { granted }] of await decide({ profiles: page, purpose, action }, context)) {
          if (granted !== standard) exceptions.add(profile)
        }
      }
      return { default: standard, exceptions: [...exceptions] }
    },
    record: (workspace, profile, receipts) => store.in(workspace).holding((ledger) => recordWithin(ledger, profile, receipts)),
    recordWithin,
    async consentsOf(workspace, profile) {
      const receipts: readonly Receipt[] = (await readReceipts(store.in(workspace), [profile])).get(profile) ?? []
      const traits = (await traitsOf(workspace, [profile])).get(profile) ?? {}
      return standingsOf(panel, { profile, receipts, traits }, contextOf(workspace, 'collect'))
    },
    maySpeakOfConsent,
    interpretEvent: (event) => interpretEvent(event, policies, logger),
    async recordSignals(ledger, signals, { recordedAt, hasJoined } = { hasJoined: false }) {
      if (signals.length === 0) return 0
      const known = await readKept(ledger, [...new Set(signals.map(({ profile }) => profile))])
      const fresh = freshSignals(hasJoined ? ofNobodyElse(known) : known, signals)
      if (fresh.length > 0) await ledger.consents.record(fresh, recordedAt)
      return fresh.length
    },
    beforeMerge: (ledger, merge) => beforeMerges(ledger, [merge]),
    beforeMerges,
    async afterUnmerge(ledger, histories) {
      const again = afterUnmerge(histories, policies)
      if (again.length > 0) await ledger.consents.record(again)
      return again
    },
  })
}

/** An event that identifies nobody: there is no person who could have said anything. It gets decisions, never permits. */
const NOBODY: ProfileId = 0
const isNo = ({ state }: Pick<NewReceipt, 'state'>): boolean => state !== 'granted'
const isPerson = (profile: ProfileId): boolean => Number.isSafeInteger(profile) && profile > 0
const NO_SUCH_PROFILE: Decision = Object.freeze({ granted: false, reason: Object.freeze({ code: 'NO_SUCH_PROFILE', detail: {} }) })

const ofNobodyElse = (known: ReadonlyMap<ProfileId, readonly Kept[]>): ReadonlyMap<ProfileId, readonly Kept[]> =>
  new Map([...known].map(([person, held]) => [person, held.map((kept) => ({ ...kept, isOfAll: false }))]))
