import { createHmac } from 'node:crypto'
import type { Json } from '@tenon/kernel/contracts'

/** What an action makes of a value. What it has covered already it leaves as it is. */
export interface Cover {
  /** Of a whole value, whatever it is. */
  value(value: Json): string
  /** Of a piece of a text. */
  piece(text: string): string
}

const MASK = '***'
const HASH = 'hmac-sha256:'
const IS_HASH = /^hmac-sha256:[\w-]{43}$/

/** Text that was covered before: detectors do not look into it. */
export const COVERED = /hmac-sha256:[\w-]{43}|\*{3}/g
/** Said of hardly any text, and quickly. */
export const mayBeCovered = (text: string): boolean => text.includes(MASK) || text.includes(HASH)

export function maskWith(show: number): Cover {
  const mask = (text: string): string => {
    // A mask with what it shows is a mask.
    if (text.startsWith(MASK) && text.length <= MASK.length + show) return text
    return text.length <= 2 * show ? MASK : `${MASK}${show === 0 ? '' : text.slice(-show)}`.toWellFormed()
  }
  return { value: (value) => mask(textOf(value)), piece: mask }
}

/** The same value always has the same hash, capitals and spaces around it aside: people can be counted and joined by it. */
export function hashWith(secret: string): Cover {
  const hash = (text: string): string =>
    IS_HASH.test(text) ? text : `${HASH}${createHmac('sha256', secret).update(text.trim().toLowerCase()).digest('base64url')}`
  return { value: (value) => hash(textOf(value)), piece: hash }
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
