import type { TagValue } from '@tenon/kernel/contracts'

/** A tag value as the engine keeps it: `number` holds booleans as 0 and 1 and dates as milliseconds. */
export interface TagValueCells {
  readonly type: 'none' | 'boolean' | 'number' | 'string' | 'list' | 'date'
  readonly number: number
  readonly text: string
  readonly list: readonly string[]
}

const none: TagValueCells = Object.freeze({ type: 'none', number: 0, text: '', list: Object.freeze([]) })

/** A number that is not finite is no value. */
export function toCells(value: TagValue | undefined): TagValueCells {
  if (value === undefined) return none
  if (typeof value === 'boolean') return { ...none, type: 'boolean', number: value ? 1 : 0 }
  if (typeof value === 'number') return Number.isFinite(value) ? { ...none, type: 'number', number: value } : none
  if (typeof value === 'string') return { ...none, type: 'string', text: value }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? none : { ...none, type: 'date', number: value.getTime() }
  return { ...none, type: 'list', list: value }
}

export function fromCells({ type, number, text, list }: TagValueCells): TagValue | undefined {
  switch (type) {
    case 'none':
      return undefined
    case 'boolean':
      return number !== 0
    case 'number':
      return number
    case 'string':
      return text
    case 'list':
      return Object.freeze([...list])
    case 'date':
      return new Date(number)
  }
}
