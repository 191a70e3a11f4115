import type { Ingest } from '@tenon/ingest'

export interface Stall {
  readonly workspace: string
  /** At so many rows of it nothing goes on: before they are in the log, or when they are. */
  readonly rows: number
  readonly when: 'before' | 'after'
}

type Log = Pick<Ingest, 'accept' | 'stats'>

/** A log that gives no answer any more: whoever is killed now has put rows into it that are not noted, or has read rows that are not in it. */
export function stallable(ingest: Log, onStall: () => void): Log & { stallAt(stall: Stall): void } {
  let stall: Stall | undefined
  let rows = 0
  return {
    stats: () => ingest.stats(),
    async accept(acceptance) {
      if (acceptance.workspace !== stall?.workspace) return ingest.accept(acceptance)
      rows += acceptance.drafts.length + acceptance.refused.length
      const isDue = rows >= stall.rows
      if (isDue && stall.when === 'before') return forever(onStall)
      const outcome = await ingest.accept(acceptance)
      return isDue ? forever(onStall) : outcome
    },
    stallAt(at) {
      stall = at
      rows = 0
    },
  }
}

function forever(onStall: () => void): Promise<never> {
  onStall()
  return new Promise(() => undefined)
}
