import type { FaultKind } from './network/fault.ts'
import type { Call, Story } from './story.ts'

/** Where a client sends, and in whose name. */
export interface Target {
  readonly address: string
  readonly writeKey: string
}

export interface Played {
  /** What the client told its user about trouble. */
  readonly errors: readonly string[]
}

/** An unmodified client library, driven through its public face. */
export interface TrackingClient {
  /** Package and version. */
  readonly name: string
  readonly calls: readonly Call[]
  /** Where it sends a story, in the order of CLIENTS.md. */
  readonly paths: readonly string[]
  /** Whether its user can say when something happened. */
  readonly keepsTime: boolean
  /** Faults that cost it events for good: it does not try again. */
  readonly loses: readonly FaultKind[]
  /** How often it sends an event under a key that is refused; 0 where it asks before it sends. */
  readonly triesWithWrongKey: number
  /** Whether its user hears of each event that it could not deliver. */
  readonly tellsErrors: boolean
  /**
   * Plays the story and resolves when the client has nothing more to send. `settled` resolves when the network has seen
   * the end of it: for clients that do not say when they are done.
   */
  play(target: Target, story: Story, settled: () => Promise<void>): Promise<Played>
}
