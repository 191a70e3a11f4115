import { setTimeout as pause } from 'node:timers/promises'
import type { ProfileId } from '@tenon/kernel/contracts'
import { around } from '../definitions/dependencies.ts'
import type { Live } from '../definitions/live.ts'
import { settle } from '../definitions/settle.ts'
import { countProfiles, measureEvaluation, type Scope } from '../metrics.ts'
import { type Apart, createApart } from './apart.ts'
import type { LayerResult } from './evaluate-layer.ts'
import { BREATH_MS } from './exclusive.ts'
import { inPortions } from './in-portions.ts'
import type { Transition } from './journal.ts'
import { fitWhereDue } from './models.ts'
import { isOutage } from './outage.ts'
import { type Choose, createPortions, emptySum, type PortionStation, type Sum } from './portions.ts'
import { runApart } from './run-apart.ts'

export interface EvaluationRequest {
  readonly workspace: string
  /** Everybody where absent. */
  readonly profiles?: readonly ProfileId[]
  /** This definition with what it needs and what needs it; all of them where absent. */
  readonly only?: Live
  /** Fits models anew, however young they are. */
  readonly refit?: boolean
  readonly signal?: AbortSignal
}

export interface EvaluationReport {
  readonly workspace: string
  /** The instant of the last turn. */
  readonly asOf: Date
  readonly definitions: number
  /** How many profiles were looked at; undefined for everybody. */
  readonly profiles: number | undefined
  readonly changedTagValues: number
  readonly transitions: readonly Transition[]
}

/** What a turn does not wait for: resolves when it is recorded as well. */
export interface Started {
  readonly report: EvaluationReport
  readonly rest: Promise<EvaluationReport>
}

export interface Evaluator {
  /**
   * Evaluates definitions for everybody or for some, and fits models that are due where it is for everybody. Each person is
   * evaluated at one instant; everybody goes in portions with instants of their own, and whoever else wants to evaluate gets a turn
   * between two portions.
   */
  evaluate(request: EvaluationRequest): Promise<EvaluationReport>
  /** The same with the models that there are, without waiting for those that take their time, and giving way to storing. */
  start(request: EvaluationRequest): Promise<Started>
  /** Fits the models that are due, side by side, and evaluates what has learned, giving way to storing. */
  learn(request: { readonly workspace: string; readonly signal: AbortSignal }): Promise<void>
  /** Ends what nothing makes any more. */
  endOrphans(workspace: string): Promise<void>
  /** Resolves when no model is computed apart. */
  idle(): Promise<void>
}

export function createEvaluator(
  station: PortionStation & {
    /** Fires when the station stops. */
    readonly stopping: AbortSignal
    readonly portion: number
    readonly fitLimitMs: number
  },
): Evaluator {
  const { store, catalogue, exclusive, troubles, clock, logger, meter, stopping, giveWay, portion } = station
  const apart: Apart = createApart({
    portion,
    rest: (signal) => giveWay.rest(AbortSignal.any([signal, stopping])),
    run: (workspace, live, people) =>
      exclusive.take(
        `audience model ${workspace} ${live.type} ${live.key}`,
        (signal) => runApart(station, portions, { workspace, live, people, signal }),
        stopping,
      ),
  })
  const portions = createPortions(station, apart)

  const chosen = (known: readonly Live[], only: Live | undefined): readonly Live[] => {
    if (only === undefined) return known
    const now = known.find(({ type, key }) => type === only.type && key === only.key)
    return now === undefined ? [] : [...around(now, known)]
  }

  /** A slow model for everybody, portion by portion, while others get their turns. */
  async function everybodyApart(workspace: string, live: Live, { signal, isPatient }: Pace): Promise<LayerResult> {
    const sum = { changed: 0, transitions: [] as Transition[] }
    for await (const page of store.in(workspace).profiles.pages({ limit: portion })) {
      signal.throwIfAborted()
      if (troubles.isResting(workspace, live, 'evaluate')) break
      const { changed, transitions } = await apart.add(workspace, live, page, { isPatient })
      sum.changed += changed
      sum.transitions.push(...transitions)
    }
    return sum
  }

  const modelsOf = async (workspace: string, only?: Live): Promise<readonly Live[]> =>
    chosen(settle(await catalogue.live(workspace)).layers.flat(), only).filter(
      (live) => live.plan.how === 'model' && !troubles.isResting(workspace, live, 'fit'),
    )

  /** Whether there is a new model. One that can not be fitted is nobody else's trouble. */
  async function fit(request: Parameters<typeof fitWhereDue>[1]): Promise<boolean> {
    const { workspace, live, signal } = request
    try {
      const isNew = await fitWhereDue(station, request)
      troubles.recovered(workspace, live, 'fit')
      return isNew
    } catch (error) {
      if (signal.aborted || isOutage(error)) throw error
      troubles.failed(workspace, live, 'fit', error)
      return false
    }
  }

  const signalOf = (given: AbortSignal | undefined): AbortSignal => (given === undefined ? stopping : AbortSignal.any([given, stopping]))

  async function evaluateEverybody(
    { workspace, scope, choose, pace }: { readonly workspace: string; readonly scope: Scope; readonly choose: Choose; readonly pace: Pace },
    sum: Sum,
  ): Promise<readonly Promise<LayerResult>[]> {
    const { signal } = pace
    const slow = new Map<string, Live>()
    const isApart = ({ type, key }: Live) => slow.has(`${type} ${key}`)
    for await (const page of paced(store.in(workspace).profiles.pages({ limit: portion }), pace)) {
      const late = await portions.evaluate(page, { workspace, choose, isApart, signal }, sum)
      countProfiles(meter, scope, page.length)
      for (const live of late) slow.set(`${live.type} ${live.key}`, live)
    }
    await portions.end(workspace, signal, sum)
    return [...slow.values()].map((live) => everybodyApart(workspace, live, pace))
  }

  async function begin(request: EvaluationRequest, { isPatient }: { readonly isPatient: boolean }): Promise<Started> {
    const { workspace, profiles, only, signal: given } = request
    const scope = scopeOf(request)
    const signal = signalOf(given)
    const pace: Pace = { signal, isPatient, rest: isPatient ? () => giveWay.rest(signal) : () => Promise.resolve() }
    const sum = emptySum(clock.now())
    const choose = (known: readonly Live[]) => chosen(known, only)
    const apartNow: Promise<LayerResult>[] = []
    if (profiles === undefined) apartNow.push(...(await evaluateEverybody({ workspace, scope, choose, pace }, sum)))
    else {
      for await (const page of paced(inPortions(profiles, portion), pace)) {
        const late = await portions.evaluate(page, { workspace, choose, signal }, sum)
        countProfiles(meter, scope, page.length)
        apartNow.push(...late.map((live) => apart.add(workspace, live, page, pace)))
      }
    }
    const reportOf = (extra: readonly LayerResult[]): EvaluationReport => {
      const changedTagValues = extra.reduce((total, { changed }) => total + changed, sum.changedTagValues)
      const transitions = [...sum.transitions, ...extra.flatMap((each) => each.transitions)]
      return { workspace, asOf: sum.asOf, definitions: sum.definitions, profiles: profiles?.length, changedTagValues, transitions }
    }
    const report = reportOf([])
    logger.debug('evaluated', { ...report, transitions: report.transitions.length })
    const rest = Promise.all(apartNow).then(reportOf)
    // Who does not wait for the rest is not told of its trouble either.
    rest.catch(() => {})
    return { report, rest }
  }

  async function measured<T>(request: EvaluationRequest, run: () => Promise<T>): Promise<T> {
    const [scope, begun] = [scopeOf(request), performance.now()]
    try {
      const result = await run()
      measureEvaluation(meter, { scope, outcome: 'done', begun })
      return result
    } catch (error) {
      measureEvaluation(meter, { scope, outcome: 'failed', begun })
      throw error
    }
  }

  return {
    evaluate: (request) =>
      measured(request, async () => {
        const { workspace, profiles, only, refit = false } = request
        const signal = signalOf(request.signal)
        if (profiles === undefined)
          await Promise.all((await modelsOf(workspace, only)).map((live) => fit({ workspace, live, refit, signal })))
        return (await begin(request, { isPatient: false })).rest
      }),
    start: (request) => measured(request, () => begin(request, { isPatient: true })),
    async learn({ workspace, signal: given }) {
      const signal = signalOf(given)
      const learned = async (live: Live) => {
        if (await fit({ workspace, live, refit: false, signal }))
          await (await begin({ workspace, only: live, signal }, { isPatient: true })).rest
      }
      await Promise.all((await modelsOf(workspace)).map(learned))
    },
    endOrphans: (workspace) => portions.end(workspace, stopping, emptySum(clock.now())),
    idle: apart.idle,
  }
}

const scopeOf = ({ profiles, only }: EvaluationRequest): Scope =>
  profiles !== undefined ? 'people' : only !== undefined ? 'definition' : 'everybody'

interface Pace {
  readonly signal: AbortSignal
  /** Nobody waits for the end. */
  readonly isPatient: boolean
  /** Before each page. */
  rest(): Promise<void>
}

/** With a breath between two pages, in which others get their turn. */
async function* paced<T>(pages: AsyncIterable<T> | Iterable<T>, { signal, rest }: Pace): AsyncGenerator<T> {
  let isFirst = true
  for await (const page of pages) {
    if (!isFirst) await pause(BREATH_MS, undefined, { signal }).catch(() => {})
    isFirst = false
    await rest()
    yield page
  }
}
