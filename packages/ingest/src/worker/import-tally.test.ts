import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countImports, importedIn } from './import-tally.ts'

const FATES = ['stored', 'failed', 'dropped', 'duplicate'] as const
const part = fc.record(
  { importId: fc.constantFrom('a', 'b', 'c'), fate: fc.constantFrom(...FATES), way: fc.constantFrom('event', 'refused', 'once') },
  { requiredKeys: ['fate', 'way'] },
)

it('says of each import what became of each of its events, and nothing of others', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const all = parts.map((one) => ({ ...one, workspace: 'w', state: one.fate === 'dropped' ? ('dropped' as const) : ('open' as const) }))
      const by = (way: string) => all.filter((one) => one.way === way)
      const imported = importedIn({
        events: by('event'),
        refused: by('refused'),
        refusedOnce: by('once').map((failure) => ({ failure })),
      })
      const outcomes = countImports(imported, {
        stored: all.filter(({ fate }) => fate === 'stored'),
        failed: all.filter(({ fate }) => fate === 'failed' || fate === 'dropped'),
      })
      const ids = [...new Set(all.flatMap(({ importId }) => importId ?? []))].sort()
      const count = (id: string, what: string) => all.filter(({ importId, fate }) => importId === id && fate === what).length
      expect(outcomes.toSorted((left, right) => (left.importId < right.importId ? -1 : 1))).toEqual(
        ids.map((importId) => ({ workspace: 'w', importId, ...Object.fromEntries(FATES.map((fate) => [fate, count(importId, fate)])) })),
      )
    }),
  )
})
