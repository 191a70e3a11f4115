import type { CallContext, ConsentPolicy, Decision, ProfileId, Receipt } from '@tenon/kernel/contracts'
import type { ConsentLedger, ConsentStore, NewReceipt } from './ledger.ts'

/** Minutes after an arbitrary midnight. */
export const at = (minutes: number): Date => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000)

export const said = (over: Partial<NewReceipt> = {}): NewReceipt => ({
  purpose: 'marketing',
  state: 'granted',
  basis: 'consent',
  notice: '1',
  source: 'test',
  at: at(5),
  evidence: {},
  ...over,
})

export const contextAt = (now: Date, workspace = 'w'): CallContext => ({
  workspace,
  purpose: 'marketing',
  now,
  signal: new AbortController().signal,
})

/** A ledger for the logic of the gate; gate.stores.test.ts holds the same door against the real one. */
export function ledgerInMemory(): ConsentStore & { readonly reads: () => number } {
  const byTime = (a: Receipt, b: Receipt): number => b.at.getTime() - a.at.getTime()
  const workspaces = new Map<string, Map<ProfileId, Receipt[]>>()
  let reads = 0
  return {
    reads: () => reads,
    in(workspace) {
      const people = workspaces.get(workspace) ?? new Map<ProfileId, Receipt[]>()
      workspaces.set(workspace, people)
      const ledger: ConsentLedger = {
        consents: {
          async record(receipts) {
            for (const { profile, ...receipt } of receipts) {
              const own = people.get(profile) ?? []
              people.set(profile, [...own, { ...receipt, id: `${profile}-${own.length}` }])
            }
          },
          async of(profiles) {
            reads++
            return new Map(profiles.map((profile) => [profile, (people.get(profile) ?? []).toSorted(byTime)]))
          },
          async kept(profiles) {
            reads++
            const keptOf = (profile: ProfileId) =>
              (people.get(profile) ?? []).toSorted(byTime).map((receipt) => ({ profile, receipt, isOfAll: true }))
            return new Map(profiles.map((profile) => [profile, keptOf(profile)]))
          },
          async *profilesWith() {
            for (const profile of people.keys()) yield [profile]
          },
        },
      }
      return { ...ledger, holding: (run) => run(ledger) }
    },
  }
}

/** Grants `marketing` and its parts to whoever has granted it last. */
export const optIn = (over: Partial<ConsentPolicy> = {}): ConsentPolicy => ({
  jurisdictions: ['*'],
  purposes: [{ purpose: 'marketing', label: { en: 'Advertising' }, bases: ['consent'] }],
  decide: ({ receipts }) => (receipts[0]?.state === 'granted' ? { granted: true, basis: 'consent', receipt: receipts[0].id } : DENIED),
  stricter: (left, right) => (left.state === 'granted' ? right : left),
  interpret: ({ format, at }) => (format === 'gpc' ? [said({ state: 'denied', source: 'signal:gpc', at })] : []),
  ...over,
})

export const DENIED: Decision = { granted: false, reason: { code: 'NO_CONSENT', detail: {} } }
