import { randomUUID } from 'node:crypto'
import type { Audience } from '@tenon/audience'
import type { InstanceId } from '@tenon/kernel'
import {
  type Basket,
  type Benefit,
  type BenefitCommand,
  type BenefitKind,
  type BenefitTransaction,
  type CallContext,
  type Clock,
  type Gate,
  type Grant,
  type Meter,
  noMeter,
  type Permit,
  type ProfileId,
  type Properties,
  parseRule,
  type Reason,
} from '@tenon/kernel/contracts'
import type { BenefitCounters, Definition, LockedBenefit, Store } from '@tenon/store'
import { BenefitKindAmbiguous } from '../errors.ts'
import { countCommand } from '../metrics.ts'
import { drawCodes, type Random } from './codes.ts'
import { type BenefitDefinition, benefitDefinition } from './definition.ts'
import { eligibilityOf, eligibilityPath } from './eligibility.ts'
import { inPeriod, notEligible, type Refusal, refuse, withinLimits } from './verdict.ts'

export interface BenefitProblem {
  readonly path: string
  readonly message: string
}

export type BenefitPut =
  | { readonly ok: true; readonly definition: Definition; readonly changed: boolean }
  | { readonly ok: false; readonly problems: readonly BenefitProblem[] }
  | { readonly ok: false; readonly version: number }

export type BenefitAnswer =
  | { readonly ok: true; readonly transaction: BenefitTransaction; readonly grants: readonly Grant[]; readonly replayed: boolean }
  | { readonly ok: false; readonly reason: Reason; readonly replayed: boolean }

interface Asked {
  readonly workspace: string
  /** Key of the benefit. */
  readonly benefit: string
  /** The same key gets the same answer, whatever happened in between. */
  readonly idempotencyKey: string
}

/** What a holder shows: a code, the id of a grant, or the person alone where the kind chooses among what they hold. */
export type Holding = { readonly code: string } | { readonly grant: string } | { readonly profile: ProfileId }

/**
 * The catalogue of benefits and everything that happens to them. Kinds decide; eligibility, consent, stock, limits, budget and the
 * ledger are here, and one transaction of the store makes it happen, once.
 */
export interface Benefits {
  readonly kinds: readonly string[]
  put(
    workspace: string,
    input: Pick<Definition, 'key' | 'kind' | 'label'> & { readonly definition: Properties; readonly ifVersion?: number },
  ): Promise<BenefitPut>
  get(workspace: string, key: string): Promise<(Definition & { readonly counters: BenefitCounters }) | undefined>
  list(workspace: string): Promise<readonly Definition[]>
  /** Undefined where there is no such benefit; likewise below. */
  issue(
    request: Asked & { readonly profile: ProfileId; readonly amount?: number; readonly why?: Properties },
  ): Promise<BenefitAnswer | undefined>
  hold(
    request: Asked & { readonly holding: Holding; readonly amount?: number; readonly basket?: Basket },
  ): Promise<BenefitAnswer | undefined>
  redeem(
    request: Asked & { readonly holding: Holding; readonly amount?: number; readonly basket?: Basket },
  ): Promise<BenefitAnswer | undefined>
  rollBack(request: Asked & { readonly transaction: string; readonly amount?: number }): Promise<BenefitAnswer | undefined>
  transfer(
    request: Asked & { readonly from: ProfileId; readonly to: ProfileId; readonly amount?: number },
  ): Promise<BenefitAnswer | undefined>
  /** Ends grants whose time is over. How many. */
  expire(workspace: string, signal?: AbortSignal): Promise<number>
  grantsOf(workspace: string, profile: ProfileId): Promise<readonly Grant[]>
}

interface Known {
  readonly definition: Definition
  readonly body: BenefitDefinition
  readonly kind: BenefitKind
}

const keyPattern = /^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/

export function createBenefits(options: {
  readonly store: Store
  readonly audience: Pick<Audience, 'verdict' | 'referring' | 'namedBy'>
  readonly gate: Gate
  readonly kinds: ReadonlyMap<InstanceId, BenefitKind>
  readonly clock: Clock
  readonly meter?: Meter
  readonly random?: Random
}): Benefits {
  const { store, audience, gate, clock, meter = noMeter } = options
  const kinds = byKind(options.kinds)
  const draw = drawCodes(options.random)
  const silent = new AbortController().signal
  const contextOf = (workspace: string): CallContext => ({ workspace, purpose: 'benefit', now: clock.now(), signal: silent })

  audience.namedBy(async (workspace) =>
    (await store.in(workspace).definitions.benefits.list()).flatMap(({ key, definition }) => {
      const rule = eligibilityOf(definition)
      return rule === undefined ? [] : [{ by: `benefit ${key}`, rule }]
    }),
  )

  async function find(workspace: string, key: string): Promise<Known | undefined> {
    const definition = await store.in(workspace).definitions.benefits.get(key)
    if (definition === undefined || definition.retiredAt !== undefined) return undefined
    const kind = kinds.get(definition.kind)
    return kind === undefined ? undefined : { definition, kind, body: benefitDefinition.parse(definition.definition) }
  }

  /** Why the person may not be given anything now, or the permit to give. */
  async function admit(known: Known, profile: ProfileId, context: CallContext): Promise<Permit | Refusal> {
    const { workspace, now } = context
    const outside = inPeriod(known.body, now)
    if (outside !== undefined) return outside
    const permit = (await gate.permits({ profiles: [profile], purpose: 'benefit', action: 'decide' }, context)).get(profile)
    if (permit === undefined) return refuse('NO_CONSENT', { purpose: 'benefit' })
    if (known.body.eligibility === undefined) return permit
    const rule = parseRule(known.body.eligibility)
    if (!rule.ok) return refuse('NOT_ELIGIBLE', { because: 'RULE_NOT_READABLE' })
    const verdict = await audience.verdict({ workspace, profile, rule: rule.rule })
    return verdict.holds ? permit : notEligible(verdict)
  }

  async function run(
    request: Asked & {
      readonly known: Known
      readonly profile: ProfileId
      readonly what: Properties
      readonly rollsBack?: string
      readonly admitted?: Permit | Refusal
      command(locked: LockedBenefit): BenefitCommand | Refusal
    },
  ): Promise<BenefitAnswer | undefined> {
    const { workspace, benefit: key, idempotencyKey, known, profile, what, rollsBack, admitted } = request
    const { kind, definition, body } = known
    const context = contextOf(workspace)
    const benefit: Benefit = { key, kind: definition.kind, label: definition.label, terms: body.terms as Properties }
    const result = await store.in(workspace).benefits.command({
      benefit: key,
      profile,
      idempotencyKey,
      command: commandKind(what),
      purpose: context.purpose,
      request: what,
      ...(rollsBack === undefined ? {} : { rollsBack }),
      decide(locked) {
        if (admitted !== undefined && 'ok' in admitted) return admitted
        const command = request.command(locked)
        if ('ok' in command) return command
        const held = kind.live.reduce((sum, state) => sum + (locked.personCounts[state] ?? 0), 0)
        const permit = admitted === undefined ? {} : { permit: admitted }
        const outcome = kind.apply({ benefit, grants: locked.grants, profile, command, draw, ...permit }, context)
        return withinLimits(outcome, { counters: locked.counters, held })
      },
    })
    if (result === undefined) return undefined
    return result.ok
      ? { ok: true, transaction: result.transaction, grants: result.grants, replayed: result.replayed }
      : { ok: false, reason: result.reason, replayed: result.replayed }
  }

  async function locate(
    workspace: string,
    benefit: string,
    holding: Holding,
  ): Promise<{ readonly profile: ProfileId; readonly grant?: string } | undefined> {
    if ('profile' in holding) return { profile: holding.profile }
    const { benefits } = store.in(workspace)
    const grant = 'code' in holding ? await benefits.findByCode(holding.code) : await benefits.grant(holding.grant)
    return grant === undefined || grant.benefit !== benefit ? undefined : { profile: grant.profile, grant: grant.id }
  }

  async function use(
    kind: 'hold' | 'redeem',
    request: Asked & { readonly holding: Holding; readonly amount?: number; readonly basket?: Basket },
  ): Promise<BenefitAnswer | undefined> {
    const known = await find(request.workspace, request.benefit)
    if (known === undefined) return undefined
    const place = await locate(request.workspace, request.benefit, request.holding)
    if (place === undefined) return { ok: false, reason: { code: 'UNKNOWN_GRANT', detail: {} }, replayed: false }
    const { amount, basket } = request
    const command: BenefitCommand = { kind, ...pick({ grant: place.grant, amount, basket }) }
    return run({ ...request, known, profile: place.profile, what: { ...command } as Properties, command: () => command })
  }

  const counted = async (kind: BenefitCommand['kind'], asked: Promise<BenefitAnswer | undefined>): Promise<BenefitAnswer | undefined> => {
    const answer = await asked
    countCommand(meter, kind, answer)
    return answer
  }

  const benefits: Benefits = {
    kinds: [...kinds.keys()],
    async put(workspace, { key, kind: kindName, label, definition, ifVersion }) {
      const kind = kinds.get(kindName)
      const problems: BenefitProblem[] = []
      if (key.length > 100 || !keyPattern.test(key))
        problems.push({ path: 'key', message: 'must be dotted lower case, 100 characters at the most' })
      if (kind === undefined)
        problems.push({
          path: 'kind',
          message: `no plugin brings the kind '${kindName}'; there is ${[...kinds.keys()].join(', ') || 'none'}`,
        })
      const read = benefitDefinition.safeParse(definition)
      for (const issue of read.error?.issues ?? []) problems.push({ path: issue.path.join('.'), message: issue.message })
      if (kind === undefined || !read.success) return { ok: false, problems }
      const terms = await kind.terms['~standard'].validate(read.data.terms)
      for (const { path, message } of terms.issues ?? []) problems.push({ path: ['terms', ...(path ?? []).map(keyOf)].join('.'), message })
      if (terms.issues !== undefined || problems.length > 0) return { ok: false, problems }
      const body = { ...read.data, terms: terms.value } as Properties
      const { stock, perPerson, budget } = read.data
      const keep = (): Promise<BenefitPut> =>
        store.in(workspace).transaction(async (tx) => {
          const stored = await tx.definitions.benefits.put({ key, kind: kindName, label, definition: body, ...pick({ ifVersion }) })
          if (!stored.ok) return { ok: false, version: stored.current }
          await tx.benefits.limit(key, pick({ stock, perPerson, budget }))
          return stored
        })
      const rule = eligibilityOf(body)
      if (rule === undefined) return keep()
      const kept = await audience.referring({ workspace, rule, keep })
      return kept.ok ? kept.value : { ok: false, problems: kept.problems.map(inEligibility) }
    },
    async get(workspace, key) {
      const { definitions, benefits } = store.in(workspace)
      const definition = await definitions.benefits.get(key)
      if (definition === undefined || definition.retiredAt !== undefined) return undefined
      return { ...definition, counters: (await benefits.counters(key)) ?? { issued: 0, spent: 0 } }
    },
    list: (workspace) => store.in(workspace).definitions.benefits.list(),
    async issue(request) {
      const known = await find(request.workspace, request.benefit)
      if (known === undefined) return undefined
      const { profile, amount, why = {} } = request
      const admitted = await admit(known, profile, contextOf(request.workspace))
      const command: BenefitCommand = { kind: 'issue', why, ...pick({ amount }) }
      return run({ ...request, known, profile, admitted, what: { ...command } as Properties, command: () => command })
    },
    hold: (request) => use('hold', request),
    redeem: (request) => use('redeem', request),
    async rollBack(request) {
      const known = await find(request.workspace, request.benefit)
      if (known === undefined) return undefined
      const { workspace, benefit, transaction: id, amount } = request
      const transaction = await store.in(workspace).benefits.transaction(id)
      if (transaction === undefined || transaction.benefit !== benefit) {
        return { ok: false, reason: { code: 'UNKNOWN_TRANSACTION', detail: {} }, replayed: false }
      }
      return run({
        ...request,
        known,
        profile: transaction.profile,
        rollsBack: id,
        what: { kind: 'roll-back', transaction: id, ...pick({ amount }) },
        command: ({ rolledBack }) => ({ kind: 'roll-back', of: rolledBack?.transaction ?? transaction, ...pick({ amount }) }),
      })
    },
    async transfer(request) {
      const known = await find(request.workspace, request.benefit)
      if (known === undefined) return undefined
      const { from, to, amount } = request
      const admitted = await admit(known, to, contextOf(request.workspace))
      const command: BenefitCommand = { kind: 'transfer', to, ...pick({ amount }) }
      return run({
        ...request,
        known,
        profile: from,
        what: { ...command } as Properties,
        command: () => ('ok' in admitted ? admitted : command),
      })
    },
    async expire(workspace, signal) {
      const { benefits } = store.in(workspace)
      let ended = 0
      for (const { key } of await store.in(workspace).definitions.benefits.list()) {
        const known = await find(workspace, key)
        if (known === undefined) continue
        const { ending } = known.kind
        for (const { id, profile } of await benefits.expired({ benefit: key, states: ending, at: clock.now(), limit: 1_000 })) {
          signal?.throwIfAborted()
          const command: BenefitCommand = { kind: 'expire' }
          const expired = run({
            workspace,
            benefit: key,
            idempotencyKey: `expire ${id} ${randomUUID()}`,
            known,
            profile,
            what: { kind: 'expire', grant: id },
            command: () => command,
          })
          const answer = await counted('expire', expired)
          if (answer?.ok === true) ended += answer.transaction.changes.length
        }
      }
      return ended
    },
    grantsOf: (workspace, profile) => store.in(workspace).benefits.grantsOf(profile),
  }

  return {
    ...benefits,
    issue: (request) => counted('issue', benefits.issue(request)),
    hold: (request) => counted('hold', benefits.hold(request)),
    redeem: (request) => counted('redeem', benefits.redeem(request)),
    rollBack: (request) => counted('roll-back', benefits.rollBack(request)),
    transfer: (request) => counted('transfer', benefits.transfer(request)),
  }
}

function byKind(plugins: ReadonlyMap<InstanceId, BenefitKind>): ReadonlyMap<string, BenefitKind> {
  const instances = Map.groupBy(plugins.keys(), (instance) => plugins.get(instance)?.kind ?? '')
  for (const [kind, names] of instances) if (names.length > 1) throw BenefitKindAmbiguous.create({ kind, instances: names })
  return new Map([...plugins.values()].map((plugin) => [plugin.kind, plugin]))
}

const inEligibility = ({ path, message }: BenefitProblem): BenefitProblem => ({ path: eligibilityPath(path), message })

const commandKind = (what: Properties): BenefitCommand['kind'] => what.kind as BenefitCommand['kind']
const keyOf = (part: PropertyKey | { readonly key: PropertyKey }): string => String(typeof part === 'object' ? part.key : part)

/** Without the entries that are undefined. */
function pick<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
