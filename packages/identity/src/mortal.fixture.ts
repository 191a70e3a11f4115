import type { Analytics } from '@tenon/analytics'
import type { Store } from '@tenon/store'

/** Where a process may die, in the order in which a batch comes by; then what follows from an unmerge. */
export const OPERATIONS = [
  'openBatch',
  'judgeBatch',
  'listPendingOverrides',
  'insertOverrides',
  'markOverridesWritten',
  'insertRows',
  'closeBatch',
  'reassignEvents',
  'onChanged',
] as const

export interface Fault {
  readonly operation: (typeof OPERATIONS)[number]
  /** `after`: it is done, and nobody hears of it. */
  readonly when: 'before' | 'after'
}

/** The stores as one process has them: it dies at a fault, and from then on does nothing to them any more. */
export interface Mortal {
  readonly store: Store
  readonly analytics: Analytics
  through<T>(operation: Fault['operation'], run: () => Promise<T>): Promise<T>
  /** Resolves once it is dead. */
  dieAt(fault: Fault): Promise<void>
  die(): void
}

class Killed extends Error {
  readonly code = 'ECONNRESET'
}

export function mortal(
  { store, analytics }: Pick<Mortal, 'store' | 'analytics'>,
  before: (operation: Fault['operation']) => Promise<void> = async () => undefined,
): Mortal {
  const death = Promise.withResolvers<void>()
  let fault: Fault | undefined
  let isDead = false
  const die = (): void => {
    isDead = true
    death.resolve()
  }
  const pass = (operation: Fault['operation'], when: Fault['when']): void => {
    if (fault?.operation === operation && fault.when === when) die()
    if (isDead) throw new Killed(`killed ${when} ${operation}`)
  }
  async function through<T>(operation: Fault['operation'], run: () => Promise<T>): Promise<T> {
    await before(operation)
    pass(operation, 'before')
    const result = await run()
    pass(operation, 'after')
    return result
  }
  const { ingest } = store

  return {
    through,
    die,
    dieAt(next) {
      fault = next
      return death.promise
    },
    store: {
      ...store,
      ingest: {
        ...ingest,
        openBatch: (request) => through('openBatch', () => ingest.openBatch(request)),
        judgeBatch: (request) => through('judgeBatch', () => ingest.judgeBatch(request)),
        closeBatch: (request) => through('closeBatch', () => ingest.closeBatch(request)),
        listPendingOverrides: (request) => through('listPendingOverrides', () => ingest.listPendingOverrides(request)),
        markOverridesWritten: (entries) => through('markOverridesWritten', () => ingest.markOverridesWritten(entries)),
      },
    },
    analytics: {
      ...analytics,
      insertRows: (rows, write) => through('insertRows', () => analytics.insertRows(rows, write)),
      insertOverrides: (rows, write) => through('insertOverrides', () => analytics.insertOverrides(rows, write)),
      reassignEvents: (request, write) => through('reassignEvents', () => analytics.reassignEvents(request, write)),
    },
  }
}
