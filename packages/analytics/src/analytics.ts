import type { Clock, Interactions, Logger, Meter, ProfileId, Properties, TagValue } from '@tenon/kernel/contracts'
import { type Accounts, accountsOf } from './accounts/accounts.ts'
import { type AnalyticsBackups, openBackups } from './backup/backups.ts'
import { type Engine, openEngine } from './engine/engine.ts'
import type { RetryPolicy } from './engine/retry.ts'
import { bindWorkspace } from './engine/workspace-query.ts'
import { discardFailed, expireFailed, forgetFailed } from './failed/change-failed.ts'
import type { FailedEventsFilter } from './failed/failed-filter.ts'
import { countFailedEvents, type FailedEventsRequest, type FailedGroup, readFailedEvents, readFailedHistory } from './failed/read-failed.ts'
import { type InteractionsOptions, interactionsOf } from './interactions/interactions.ts'
import { type TagValues, tagValuesOf } from './logs/tag-values.ts'
import { type Transitions, transitionsOf } from './logs/transitions.ts'
import { type Reassignment, reassignEvents } from './overrides/reassign-events.ts'
import { readSightings, type Sighting } from './overrides/sightings.ts'
import { type Squash, settleOverrides, squashPersons } from './overrides/squash.ts'
import type { BreachFilter } from './plans/found-breaches.ts'
import { type BreachCounts, type BreachesRequest, type BreachPage, countBreaches, readBreaches } from './plans/read-breaches.ts'
import { readTraffic, type SampledRow, type SampleRequest, sampleEvents, type Traffic, type TrafficWindow } from './plans/sample-events.ts'
import { countEvents, countProfiles, type EventName, readEventNames } from './reads/counts.ts'
import type { Page } from './reads/cursor.ts'
import {
  evaluateRules,
  type MeasuresRequest,
  type Preview,
  type PreviewRequest,
  previewRule,
  type RulesRequest,
  readMeasures,
} from './reads/evaluation.ts'
import { type EventsRequest, readEvents } from './reads/events.ts'
import { readStoredMessages, type StoredMessage, type StoredMessagesRequest } from './reads/stored-messages.ts'
import { readTouched, type TouchedRequest } from './reads/touched.ts'
import { readTraits } from './reads/traits.ts'
import { createDatabase } from './schema/create-database.ts'
import { type MigrationReport, migrate, pending } from './schema/migrate.ts'
import { steps } from './schema/steps.ts'
import type { Topology } from './schema/table.ts'
import { type AnalyticsVitals, readVitals } from './vitals/read-vitals.ts'
import { type EventRow, eventFormat, formatFor, rowOf, type StoredEvent } from './writer/event-format.ts'
import { type FailedEvent, failedEventFormat } from './writer/failed-event-format.ts'
import { insertRows } from './writer/insert-rows.ts'
import { insertOverrides, type Override } from './writer/overrides.ts'

export interface AnalyticsOptions {
  /** `http://user:password@host:port/database`; the database is made by `migrate` where it is missing. */
  readonly clickhouseUrl: string
  readonly clock: Clock
  readonly logger?: Logger
  readonly topology?: Topology
  readonly meter?: Meter
  readonly maxConnections?: number
  /** How long an insert is tried while the engine is away; about a minute and a half without it. */
  readonly insertRetries?: RetryPolicy
  readonly readRetries?: RetryPolicy
}

interface WriteOptions {
  /** The same token with the same rows is stored once. */
  readonly token: string
  readonly signal?: AbortSignal
}

/** The column store of Tenon: what grows with traffic. Connects when it is first used. */
export interface Analytics {
  /** `through`: no further than these steps, as a restore needs it. */
  migrate(options?: { readonly through: readonly string[] }): Promise<MigrationReport>
  /** Names of the steps that `migrate` would apply. */
  pending(): Promise<readonly string[]>
  /** Everything that reads, for one workspace. */
  in(workspace: string): WorkspaceAnalytics
  insertEvents(events: readonly StoredEvent[], options: WriteOptions): Promise<void>
  /** The same for events whose JSON is text already. */
  insertRows(rows: readonly EventRow[], options: WriteOptions): Promise<void>
  insertFailed(rows: readonly FailedEvent[], options: WriteOptions): Promise<void>
  /** Discards what is open of the failed events that the filter selects, however many. */
  discardFailed(request: { readonly workspace: string; readonly filter: FailedEventsFilter; readonly actor: string }): Promise<void>
  /** Takes the content out of failed events, received between the two instants, that consent turned out to forbid. May be repeated. */
  forgetFailed(request: {
    readonly workspace: string
    readonly ids: readonly string[]
    readonly from: Date
    readonly until: Date
  }): Promise<void>
  /** Ends the retention of failed events that were received before: contents go, and those that are settled as a whole. */
  expireFailed(request: { readonly before: Date }): Promise<void>
  /** Merges and unmerges of the ledger, before the events that came with them. Writing them again, late or at once with others changes nothing. */
  insertOverrides(rows: readonly Override[], options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Gives events of one person to another: what an unmerge does with those that were resolved while the two were one. */
  reassignEvents(request: Reassignment, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Writes into the rows of merged profiles whose they are for good. Every answer is the same before, during and after. */
  squashPersons(request: Squash, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Sets the overrides of squashed profiles aside, once no query is running that began before `squashPersons` ended. */
  settleOverrides(
    request: { readonly workspace: string; readonly overrides: readonly Omit<Override, 'workspace'>[] },
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>
  readonly backups: AnalyticsBackups
  /** What a doctor asks. */
  vitals(options?: { readonly slowS?: number }): Promise<AnalyticsVitals>
  health(): Promise<{ readonly ok: boolean; readonly detail?: string }>
  close(): Promise<void>
}

export interface WorkspaceAnalytics {
  readonly workspace: string
  events(request: EventsRequest): Promise<Page<StoredEvent>>
  /** Which messages are stored, by which batch. Fails with `AnalyticsLimit` where that can not be found out in 10 s. */
  storedMessages(request: StoredMessagesRequest): Promise<readonly StoredMessage[]>
  /** The last value of each top-level trait, by survivor. A null takes a trait away. */
  traits(
    profiles: readonly ProfileId[],
    options?: { readonly asOf?: Date; readonly signal?: AbortSignal },
  ): Promise<ReadonlyMap<ProfileId, Properties>>
  /** With which identifiers, together, the events of a person came. */
  sightings(request: { readonly profile: ProfileId; readonly signal?: AbortSignal }): Promise<readonly Sighting[]>
  failedEvents(request: FailedEventsRequest): Promise<Page<FailedEvent>>
  /** All that happened to one of them, the newest first; empty where there is none. */
  failedEvent(id: string, options?: { readonly signal?: AbortSignal }): Promise<readonly FailedEvent[]>
  countFailedEvents(filter: FailedEventsFilter, options?: { readonly signal?: AbortSignal }): Promise<readonly FailedGroup[]>
  /** What breaks a tracking plan, the most frequent first. */
  breaches(request: BreachesRequest): Promise<BreachPage>
  /** How many events do. */
  countBreaches(request: BreachFilter & { readonly signal?: AbortSignal }): Promise<BreachCounts>
  /** What kinds of events came in a window. */
  traffic(request: TrafficWindow & { readonly limit: number }): Promise<Traffic>
  /** Some events of each kind. */
  sampleEvents(request: SampleRequest): AsyncIterable<readonly SampledRow[]>
  countEvents(options?: { readonly signal?: AbortSignal }): Promise<number>
  countProfiles(options?: { readonly signal?: AbortSignal }): Promise<number>
  eventNames(options?: { readonly limit?: number; readonly signal?: AbortSignal }): Promise<readonly EventName[]>
  touched(request: TouchedRequest): Promise<readonly ProfileId[]>
  /** Who matches which rule, in one scan for all rules; the same for everybody and for asked profiles. Every key is there. */
  evaluateRules(request: RulesRequest): Promise<ReadonlyMap<string, readonly ProfileId[]>>
  /** Values of measures, in one scan for all measures; a measure without a value is absent. */
  measures(
    request: MeasuresRequest,
  ): AsyncIterable<readonly { readonly profile: ProfileId; readonly values: Readonly<Record<string, TagValue>> }[]>
  preview(request: PreviewRequest): Promise<Preview>
  readonly transitions: Transitions
  readonly tagValues: TagValues
  readonly accounts: Accounts
  /** What people did with items: all that a recommender may learn from. */
  interactions(options: InteractionsOptions): Interactions
}

export function openAnalytics(options: AnalyticsOptions): Analytics {
  const { clock, topology = { kind: 'single' } } = options
  const engine = openEngine(options)
  return Object.freeze({
    migrate: async ({ through }: { readonly through?: readonly string[] } = {}) => {
      await createDatabase(options.clickhouseUrl, topology)
      return migrate(engine, { steps: through === undefined ? steps : steps.filter(({ name }) => through.includes(name)), topology, clock })
    },
    pending: async () => (await pending(engine, steps)).map((step) => step.name),
    in: (workspace: string) => workspaceAnalytics(engine, workspace, clock),
    insertEvents: (events: readonly StoredEvent[], write: WriteOptions) => insertRows(engine, eventFormat, events.map(rowOf), write),
    insertRows: (rows: readonly EventRow[], write: WriteOptions) => insertRows(engine, formatFor(rows), rows, write),
    insertFailed: (rows: readonly FailedEvent[], write: WriteOptions) => insertRows(engine, failedEventFormat, rows, write),
    discardFailed: (request: Parameters<Analytics['discardFailed']>[0]) => discardFailed(engine, { ...request, now: clock.now() }),
    forgetFailed: (request: Parameters<Analytics['forgetFailed']>[0]) => forgetFailed(engine, topology, request),
    expireFailed: ({ before }: Parameters<Analytics['expireFailed']>[0]) => expireFailed(engine, topology, before),
    insertOverrides: (rows: readonly Override[], write?: { readonly signal?: AbortSignal }) => insertOverrides(engine, rows, write?.signal),
    reassignEvents: (...[request, write]: Parameters<Analytics['reassignEvents']>) =>
      reassignEvents(engine, topology, request, write?.signal),
    squashPersons: (...[request, write]: Parameters<Analytics['squashPersons']>) => squashPersons(engine, topology, request, write?.signal),
    settleOverrides: (...[request, write]: Parameters<Analytics['settleOverrides']>) =>
      settleOverrides(engine, topology, request, write?.signal),
    backups: openBackups(engine, {
      ...{ topology, steps, logger: options.logger },
      createDatabase: () => createDatabase(options.clickhouseUrl, topology),
    }),
    vitals: ({ slowS = 30 }: { readonly slowS?: number } = {}) => readVitals(engine, slowS),
    health: () => engine.health(),
    close: () => engine.close(),
  })
}

function workspaceAnalytics(engine: Engine, workspace: string, clock: Clock): WorkspaceAnalytics {
  const query = bindWorkspace(engine, workspace)
  return Object.freeze({
    workspace,
    events: (request: EventsRequest) => readEvents(query, request),
    storedMessages: (request: StoredMessagesRequest) => readStoredMessages(query, request),
    traits: (...[profiles, options]: Parameters<WorkspaceAnalytics['traits']>) => readTraits(query, { ...options, profiles }),
    sightings: (request: Parameters<WorkspaceAnalytics['sightings']>[0]) => readSightings(query, request),
    failedEvents: (request: FailedEventsRequest) => readFailedEvents(query, request),
    failedEvent: (...[id, options]: Parameters<WorkspaceAnalytics['failedEvent']>) => readFailedHistory(query, id, options?.signal),
    countFailedEvents: (...[filter, options]: Parameters<WorkspaceAnalytics['countFailedEvents']>) =>
      countFailedEvents(query, filter, options?.signal),
    breaches: (request: BreachesRequest) => readBreaches(query, request),
    countBreaches: (request: Parameters<WorkspaceAnalytics['countBreaches']>[0]) => countBreaches(query, request),
    traffic: (request: Parameters<WorkspaceAnalytics['traffic']>[0]) => readTraffic(query, request),
    sampleEvents: (request: SampleRequest) => sampleEvents(query, request),
    countEvents: (options?: { readonly signal?: AbortSignal }) => countEvents(query, options?.signal),
    countProfiles: (options?: { readonly signal?: AbortSignal }) => countProfiles(query, options?.signal),
    eventNames: (options?: { readonly limit?: number; readonly signal?: AbortSignal }) =>
      readEventNames(query, { limit: 1_000, ...options }),
    touched: (request: TouchedRequest) => readTouched(query, request),
    evaluateRules: (request: RulesRequest) => evaluateRules(query, request),
    measures: (request: MeasuresRequest) => readMeasures(query, request),
    preview: (request: PreviewRequest) => previewRule(query, request),
    transitions: transitionsOf(engine, query, clock),
    tagValues: tagValuesOf(engine, query, clock),
    accounts: accountsOf(query),
    interactions: (options: InteractionsOptions) => interactionsOf(query, options),
  })
}
