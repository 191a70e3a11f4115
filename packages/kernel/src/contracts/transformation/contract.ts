import type { InstanceId } from '../../plugin/lifecycle.ts'
import type { CallContext } from '../nouns/context.ts'
import type { CustomerEvent } from '../nouns/event.ts'
import type { Label } from '../nouns/label.ts'

/** No instant: an event that is done again after a crash must come out as it did before. `event.receivedAt` is the time that stays. */
export type TransformContext = Omit<CallContext, 'now'>

/**
 * What a transformation may change. Not here, so never changed: `messageId`, `source`, `type`, `receivedAt`. `group` only where
 * the event has one.
 */
export type EventParts = Pick<CustomerEvent, 'name' | 'identifiers' | 'properties' | 'traits' | 'group' | 'context' | 'timestamp'>

/**
 * Of which occurrence an event is a report, such as `order completed o-17`: up to 512 characters, and nothing about a person, since it is
 * remembered for ever. Of all events of the workspace that report the same one, of whatever source and under whatever message id, the first that
 * may be kept is stored; the others are dropped, and listed as `REPEATED`. An event reports one occurrence: where another transformation says
 * something else, the event fails.
 */
interface Reports {
  readonly reports?: string
}

/** What becomes of one event. Codes are in upper snake case and stable. */
export type TransformOutcome =
  | ({ readonly kind: 'kept' } & Reports)
  /** Each part that is named takes the place of the one before, as a whole. */
  | ({ readonly kind: 'changed'; readonly parts: Partial<EventParts> } & Reports)
  /** On purpose. Counted and listed with its code; its content is not kept. */
  | { readonly kind: 'dropped'; readonly code: string }
  /** It becomes a failed event with its original content, to be repaired and sent again; `message` is for a person. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/**
 * Changes events on their way in: adds what can be looked up, removes what must not be kept. The station calls it behind the log and before
 * deduplication, identity and storage.
 *
 * Four properties are owed, and tested by the suite. The same event always has the same outcome. It does not depend on the
 * events beside it. An event that was transformed already is left as it is: failed events are sent again as they were when they failed.
 * Nothing that was handed over is changed: events are frozen.
 */
export interface Transformation {
  /** What it does, in a few words. */
  readonly label: Label
  /** Instances of the edition that come before this one. Where nothing is said, the written order of the edition counts. */
  readonly after?: readonly InstanceId[]
  /** One outcome for each event, in the same order. A batch is of one workspace. */
  transform(request: { readonly events: readonly CustomerEvent[] }, context: TransformContext): Promise<readonly TransformOutcome[]>
}
