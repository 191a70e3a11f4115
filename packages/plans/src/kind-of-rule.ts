import type { ViolationKind } from './plan.ts'

const KINDS: Readonly<Record<string, ViolationKind>> = Object.freeze({
  required: 'missing',
  dependentRequired: 'missing',
  type: 'wrong-type',
  format: 'wrong-format',
  pattern: 'wrong-format',
  enum: 'not-in-list',
  const: 'not-in-list',
  minimum: 'out-of-range',
  maximum: 'out-of-range',
  exclusiveMinimum: 'out-of-range',
  exclusiveMaximum: 'out-of-range',
  multipleOf: 'out-of-range',
  minLength: 'out-of-range',
  maxLength: 'out-of-range',
  minItems: 'out-of-range',
  maxItems: 'out-of-range',
  minProperties: 'out-of-range',
  maxProperties: 'out-of-range',
  additionalProperties: 'unplanned-property',
  unevaluatedProperties: 'unplanned-property',
  propertyNames: 'unplanned-property',
  'unplanned-property': 'unplanned-property',
})

/** What a keyword of JSON Schema finds. */
export const kindOfRule = (rule: string): ViolationKind => (Object.hasOwn(KINDS, rule) ? (KINDS[rule] ?? 'other') : 'other')
