import type { Purpose } from '@tenon/kernel/contracts'

const PURPOSE = /^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/

export const isPurpose = (text: string): boolean => text.length <= 128 && PURPOSE.test(text)

/**
 * People agree and object per medium: what is sent for `marketing.news` by e-mail asks for `marketing.email.news`, so
 * that a no to `marketing.email` covers every advertising mail. Undefined where the purpose names another medium.
 */
export function mediumPurpose(purpose: Purpose, medium: string, media: ReadonlySet<string>): Purpose | undefined {
  const [root = purpose, ...rest] = purpose.split('.')
  const [named] = rest
  if (named === medium) return purpose
  return named !== undefined && media.has(named) ? undefined : [root, medium, ...rest].join('.')
}

/** What a person stops who stops these messages: `marketing.email` of `marketing.email.news`. */
export const stoppedPurpose = (purpose: Purpose): Purpose => purpose.split('.').slice(0, 2).join('.')
