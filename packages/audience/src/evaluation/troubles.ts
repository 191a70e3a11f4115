import { errorCode } from '@tenon/kernel'
import type { Clock, Logger, Meter } from '@tenon/kernel/contracts'
import type { Live } from '../definitions/live.ts'
import { countFailure } from '../metrics.ts'

/** A model that does not learn may still be one that computes, with what it learned before. */
export type Step = 'fit' | 'evaluate'

/** A definition that can not be evaluated now. What it said last still stands. */
export interface Trouble {
  readonly workspace: string
  readonly type: Live['type']
  readonly key: string
  readonly version: number
  readonly step: Step
  readonly reason: string
  /** Times in a row. */
  readonly failures: number
}

/** What is wrong with single definitions, so that they neither stop the others nor cost them the same time again and again. */
export interface Troubles {
  /** Whether it failed lately, and is left alone for a while. A new version is tried at once. */
  isResting(workspace: string, live: Live, step: Step): boolean
  failed(workspace: string, live: Live, step: Step, error: unknown): void
  recovered(workspace: string, live: Live, step: Step): void
  list(): readonly Trouble[]
}

const FIRST_REST_MS = 60_000
const LONGEST_REST_MS = 3_600_000

export function createTroubles({
  clock,
  logger,
  meter,
}: {
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
}): Troubles {
  const known = new Map<string, { readonly trouble: Trouble; readonly restsUntil: number }>()
  const nameOf = (workspace: string, { type, key }: Live, step: Step): string => JSON.stringify([workspace, type, key, step])
  const of = (workspace: string, live: Live, step: Step) => {
    const found = known.get(nameOf(workspace, live, step))
    return found?.trouble.version === live.version ? found : undefined
  }

  return {
    isResting: (workspace, live, step) => (of(workspace, live, step)?.restsUntil ?? 0) > clock.now().getTime(),
    failed(workspace, live, step, error) {
      const { type, key, version, kind } = live
      countFailure(meter, type, step)
      const failures = (of(workspace, live, step)?.trouble.failures ?? 0) + 1
      const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (failures - 1))
      const reason = error instanceof Error ? error.message : String(error)
      known.set(nameOf(workspace, live, step), {
        trouble: Object.freeze({ workspace, type, key, version, step, reason, failures }),
        restsUntil: clock.now().getTime() + restMs,
      })
      const fields = { workspace, type, key, kind, step, code: errorCode(error), error, failures, restMs }
      logger.error('a definition could not be evaluated; it stays as it was', fields)
    },
    recovered(workspace, live, step) {
      known.delete(nameOf(workspace, live, step))
    },
    list: () => [...known.values()].map(({ trouble }) => trouble),
  }
}
