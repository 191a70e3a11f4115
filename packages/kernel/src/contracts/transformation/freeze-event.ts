import type { CustomerEvent } from '../nouns/event.ts'

/** Freezes an event as deep as it goes. What is frozen is frozen inside too: the parts that nobody changed are not walked again. */
export function freezeEvent(event: CustomerEvent): CustomerEvent {
  freeze(event)
  return event
}

function freeze(value: object): void {
  if (Object.isFrozen(value)) return
  for (const key in value) {
    const inner: unknown = value[key as keyof typeof value]
    if (typeof inner === 'object' && inner !== null) freeze(inner)
  }
  Object.freeze(value)
}
