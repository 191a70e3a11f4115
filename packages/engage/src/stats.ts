import type { MessageState } from '@tenon/store'

/** accepted = delivered + dropped + pending, at every instant. */
export interface ChannelStats {
  readonly accepted: number
  /** The provider took it, or said that it arrived. */
  readonly delivered: number
  /** It will never arrive: dropped here, or bounced there. */
  readonly dropped: number
  readonly pending: number
  readonly states: Readonly<Partial<Record<MessageState, number>>>
}

export function statsOf(states: Readonly<Partial<Record<MessageState, number>>>): ChannelStats {
  const sum = (...names: readonly MessageState[]): number => names.reduce((total, name) => total + (states[name] ?? 0), 0)
  return Object.freeze({
    accepted: Object.values(states).reduce((total, count) => total + count, 0),
    delivered: sum('sent', 'delivered'),
    dropped: sum('dropped', 'bounced'),
    pending: sum('queued', 'sending'),
    states,
  })
}
