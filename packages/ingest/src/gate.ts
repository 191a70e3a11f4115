import type { CustomerEvent, Gate, ProfileId } from '@tenon/kernel/contracts'
import type { NewReceipt, WorkspaceStore } from '@tenon/store'

/** What ingest asks of the consent gate (`createGate` of @tenon/privacy makes one). */
export interface IngestGate extends Pick<Gate, 'decide'> {
  /** What an event says about consent. */
  interpretEvent(event: CustomerEvent): readonly Omit<NewReceipt, 'profile'>[]
  /** Records what is new in the signals of a batch, in its transaction. */
  recordSignals(transaction: WorkspaceStore, signals: readonly NewReceipt[]): Promise<unknown>
  /** In the transaction of a merge, before it: keeps the stricter of both histories binding. */
  beforeMerge(
    transaction: WorkspaceStore,
    merge: { readonly into: ProfileId; readonly from: readonly ProfileId[]; readonly at: Date },
  ): Promise<void>
}
