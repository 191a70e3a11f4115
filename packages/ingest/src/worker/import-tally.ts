import type { ImportOutcome } from '@tenon/store'
import type { Failure, Incoming } from './incoming.ts'

/** How many events a batch brings of imports, by import. */
export type Imported = ReadonlyMap<string, { readonly workspace: string; readonly received: number }>

type Part = Pick<Incoming, 'workspace' | 'importId'>

export function importedIn({
  events,
  refused,
  refusedOnce,
}: {
  readonly events: readonly Part[]
  readonly refused: readonly Part[]
  readonly refusedOnce: readonly { readonly failure: Part }[]
}): Imported {
  const imported = new Map<string, { workspace: string; received: number }>()
  const add = ({ workspace, importId }: Part): void => {
    if (importId === undefined) return
    const of = imported.get(importId)
    if (of === undefined) imported.set(importId, { workspace, received: 1 })
    else of.received += 1
  }
  for (const event of events) add(event)
  for (const failure of refused) add(failure)
  for (const { failure } of refusedOnce) add(failure)
  return imported
}

/** What became of them: whatever is neither stored nor failed nor dropped had been there. */
export function countImports(
  imported: Imported,
  { stored, failed }: { readonly stored: readonly Part[]; readonly failed: readonly (Part & Pick<Failure, 'state'>)[] },
): readonly ImportOutcome[] {
  const countOf = (all: readonly Part[], importId: string): number =>
    all.reduce((sum, one) => (one.importId === importId ? sum + 1 : sum), 0)
  const [dropped, open] = [failed.filter(({ state }) => state === 'dropped'), failed.filter(({ state }) => state !== 'dropped')]
  return [...imported].map(([importId, { workspace, received }]) => {
    const became = { stored: countOf(stored, importId), failed: countOf(open, importId), dropped: countOf(dropped, importId) }
    return { workspace, importId, ...became, duplicate: received - became.stored - became.failed - became.dropped }
  })
}
