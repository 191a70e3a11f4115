import type { Json } from '@tenon/kernel/contracts'
import type { Schema } from './plan.ts'

const OPEN_ENDS = ['additionalProperties', 'unevaluatedProperties'] as const

/**
 * The same schema, in which no object may have properties that are not named: how unplanned ones are found. Where a schema says itself what
 * becomes of other properties, it is left to it.
 */
export function closeSchema(schema: Schema): Schema {
  if (typeof schema === 'boolean') return schema
  const closed: Record<string, Json> = { ...schema }
  if (isObject(schema.properties)) {
    closed.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, child]) => [name, closeChild(child)]))
    if (!OPEN_ENDS.some((key) => Object.hasOwn(schema, key))) closed.unevaluatedProperties = false
  }
  if (schema.items !== undefined) closed.items = closeChild(schema.items)
  return closed
}

const closeChild = (child: Json): Json => (isObject(child) ? (closeSchema(child) as Json) : child)

const isObject = (value: Json | undefined): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
