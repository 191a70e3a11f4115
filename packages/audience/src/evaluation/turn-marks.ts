import type { TurnMark } from '@tenon/analytics'
import type { Json } from '@tenon/kernel/contracts'
import { PENDING_KEY, TURN_KEY } from './journal.ts'
import { readPending, readTurn } from './journal-state.ts'

/** How far the evaluations of all workspaces had come, out of a snapshot of the store: what a backup cuts by. */
export async function turnMarks(snapshot: { keyValues(key: string): Promise<ReadonlyMap<string, Json>> }): Promise<readonly TurnMark[]> {
  const pending = await snapshot.keyValues(PENDING_KEY)
  return [...(await snapshot.keyValues(TURN_KEY))].map(([workspace, turn]) => {
    const { asOf, recorded } = readTurn(turn)
    return { workspace, asOf, recorded, pending: readPending(pending.get(workspace) ?? []) }
  })
}
