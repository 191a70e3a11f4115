import { randomUUID } from 'node:crypto'

/** Calls that a client may know. */
export type Call = 'page' | 'identify' | 'track' | 'screen' | 'group' | 'alias'

/** One made-up customer, and what happens to them. No two stories share a name. */
export interface Story {
  readonly userId: string
  readonly anonymousId: string
  /** The name they had on another device, until an alias joins it. */
  readonly formerId: string
  readonly groupId: string
  readonly traits: { readonly email: string; readonly city: string }
  readonly order: { readonly order_id: string; readonly total: number; readonly note: string; readonly products: readonly string[] }
  /** When the order is said to have happened: well before it is sent. */
  readonly orderedAt: Date
}

const HOUR_MS = 3_600_000

export function newStory(now: Date): Story {
  const id = randomUUID()
  return {
    userId: `user-${id}`,
    anonymousId: `anonymous-${id}`,
    formerId: `former-${id}`,
    groupId: `group-${id}`,
    traits: { email: `${id}@example.com`, city: '上海' },
    order: { order_id: `order-${id}`, total: 12.5, note: 'naïve 😀 "quoted" \\ back', products: ['p-1', 'p-2'] },
    orderedAt: new Date(now.getTime() - HOUR_MS),
  }
}

/** `type name` of each event that the calls make; an alias is told together with what it joins. */
export function eventNames(calls: readonly Call[]): readonly string[] {
  return calls.flatMap((call) => NAMES[call])
}

const NAMES: Readonly<Record<Call, readonly string[]>> = {
  page: ['page Home'],
  identify: ['identify identify'],
  track: ['track Order Completed'],
  screen: ['screen Cart'],
  group: ['group group'],
  alias: ['track Landed', 'alias alias'],
}
