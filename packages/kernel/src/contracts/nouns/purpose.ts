/**
 * What data is used for, as the person was told: dotted lower case, `marketing.email` is part of `marketing`.
 * The purposes that Tenon itself asks for are listed here; editions add their own.
 */
export type Purpose = string

export const purposes = Object.freeze({
  /** Keep the events of a person. */
  collect: 'collect',
  /** Compute tags and segments about a person. */
  profile: 'profile',
  /** Choose items for a person. */
  personalise: 'personalise',
  /** Give benefits to a person. */
  benefit: 'benefit',
  /** Messages that the person needs for something they asked for: receipts, security. */
  service: 'service',
  /** Advertising by any channel. */
  marketing: 'marketing',
}) satisfies Readonly<Record<string, Purpose>>
