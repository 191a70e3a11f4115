import type { CustomerEvent, Gate, ProfileId } from '@tenon/kernel/contracts'
import type { NewReceipt, WorkspaceStore } from '@tenon/store'
import { type LoggedEvent, wholeEvent } from './accept/logged-event.ts'

/** What ingest asks of the consent gate (`createGate` of @tenon/privacy makes one). */
export interface IngestGate extends Pick<Gate, 'decide'> {
  /** False only where `interpretEvent` has nothing to say about any event with this context, given as `JSON.stringify` writes it. */
  maySpeakOfConsent(context: string): boolean
  /** What an event says about consent. */
  interpretEvent(event: CustomerEvent): readonly Omit<NewReceipt, 'profile'>[]
  /** Records what is new in the signals of a batch, in its transaction. */
  recordSignals(transaction: WorkspaceStore, signals: readonly NewReceipt[], when: SignalsRecorded): Promise<unknown>
  /** In the transaction of merges, of which no two concern the same person, before them: keeps the stricter of the histories binding. */
  beforeMerges(
    transaction: WorkspaceStore,
    merges: readonly { readonly into: ProfileId; readonly from: readonly ProfileId[]; readonly at: Date }[],
  ): Promise<void>
}

export interface SignalsRecorded {
  readonly recordedAt: Date
  /** Others joined these people before, in the same transaction: nothing that is on record yet was said by all that they are now. */
  readonly hasJoined: boolean
}

/** What an event out of the log says about consent: of nearly all of them, nothing. */
export const signalsIn = (event: LoggedEvent, gate: IngestGate): ReturnType<IngestGate['interpretEvent']> =>
  gate.maySpeakOfConsent(event.texts.context) ? gate.interpretEvent(wholeEvent(event)) : []
