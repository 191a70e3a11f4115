import type { Benefits } from './benefits/benefits.ts'
import type { Consents } from './consents/consents.ts'
import type { Definitions } from './definitions/definitions.ts'
import type { Imports } from './imports/imports.ts'
import type { Items } from './items/items.ts'
import type { KeyValues } from './kv/key-values.ts'
import type { Matches } from './matches/matches.ts'
import type { Messages } from './messages/messages.ts'
import type { Models } from './models/models.ts'
import type { Profiles } from './profiles/profiles.ts'
import type { Unmerges } from './profiles/unmerges.ts'
import type { Replays } from './replays/replays.ts'

/** Everything of one workspace. There is no other way to the rows, so no query can forget whose they are. */
export interface WorkspaceStore {
  readonly workspace: string
  /** All or nothing. Inside of another transaction it is a part of that one. Use `tx` alone within `run`. */
  transaction<T>(run: (tx: WorkspaceStore) => Promise<T>): Promise<T>
  /**
   * A transaction in which everybody stays who they are: for "look up, then write for whom was found". It waits for who decides about
   * identities, and stands beside others that hold, but is none in which one could decide. Done again when Postgres goes away, so `run`
   * leaves the same behind when it is done twice.
   */
  holding<T>(run: (tx: WorkspaceStore) => Promise<T>): Promise<T>
  readonly profiles: Profiles
  readonly unmerges: Unmerges
  readonly matches: Matches
  readonly consents: Consents
  readonly definitions: {
    readonly tags: Definitions
    readonly segments: Definitions
    readonly benefits: Definitions
    readonly plans: Definitions
  }
  readonly models: Models
  readonly items: Items
  readonly benefits: Benefits
  readonly messages: Messages
  readonly replays: Replays
  readonly imports: Imports
  readonly kv: KeyValues
}
