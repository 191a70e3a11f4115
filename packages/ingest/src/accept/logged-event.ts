import { type CustomerEvent, type EventDraft, parseJson } from '@tenon/kernel/contracts'

/** An event as the log keeps it: what every station reads, and as JSON text what hardly any does. */
export interface LoggedEvent
  extends Pick<CustomerEvent, 'messageId' | 'source' | 'type' | 'name' | 'identifiers' | 'timestamp' | 'receivedAt'> {
  /** Of the account of a group call; empty of every other. */
  readonly groupId: string
  readonly texts: EventTexts
}

/** Each as `JSON.stringify` writes it. */
export interface EventTexts {
  readonly properties: string
  readonly traits: string
  readonly context: string
  readonly groupTraits: string
}

export const textsOf = ({ properties, traits, context, group }: EventDraft): EventTexts => ({
  properties: JSON.stringify(properties),
  traits: JSON.stringify(traits),
  context: JSON.stringify(context),
  groupTraits: group === undefined ? '{}' : JSON.stringify(group.traits),
})

/** The event with everything in it. To be asked for only where it is needed: reading JSON is dear. */
export function wholeEvent({ texts, groupId, ...head }: LoggedEvent): CustomerEvent {
  return {
    ...head,
    properties: parseJson<CustomerEvent['properties']>(texts.properties),
    traits: parseJson<CustomerEvent['traits']>(texts.traits),
    context: parseJson<CustomerEvent['context']>(texts.context),
    ...(groupId === '' ? {} : { group: { id: groupId, traits: parseJson<CustomerEvent['traits']>(texts.groupTraits) } }),
  }
}
