import type { Json } from '@tenon/kernel/contracts'
import { Ajv2020, type ErrorObject, type Options } from 'ajv/dist/2020.js'
import { formats } from './formats.ts'
import type { Schema } from './plan.ts'
import { compileExpression } from './regular-expression.ts'

export interface SchemaFault {
  readonly rule: string
  /** As a JSON pointer into the value. */
  readonly pointer: string
  /** A property that is missing, or that should not be there. */
  readonly property: string | undefined
  readonly message: string
  /** In a few words: `number`, `format email`; empty where `message` says it all. */
  readonly expected: string
  /** The type of what is there instead; empty where nothing is. */
  readonly actual: string
}

/** All that a value breaks, at most a few hundred. */
export type CheckValue = (value: unknown) => readonly SchemaFault[]

const MAX_FAULTS = 200

/** Compiled when it is first needed, once. Throws there on a schema that is none. */
export function compileSchema(schema: Schema): () => CheckValue {
  let compiled: CheckValue | undefined
  return () => {
    compiled ??= compile(schema)
    return compiled
  }
}

const OPTIONS: Options = Object.freeze({
  ...{ strict: true, strictTypes: false, strictTuples: false, strictRequired: false },
  ...{ allErrors: true, ownProperties: true, addUsedSchema: false, logger: false, verbose: true, formats },
  // What ajv calls is `new RegExp`; what it needs of it is `test`.
  code: { regExp: Object.assign((pattern: string) => compileExpression(pattern), { code: '' }) },
})

/** Tells what is a schema. Nothing of a schema stays in it: to it they are data. It is dear to make and therefore made once. */
const dialect = new Ajv2020(OPTIONS)

function compile(schema: Schema): CheckValue {
  dialect.validateSchema(schema as Record<string, Json> | boolean, true)
  // One instance for each schema: nothing of one can be seen by another, and all of it is given back with the plan.
  const validate = new Ajv2020({ ...OPTIONS, meta: false, validateSchema: false }).compile(schema as Record<string, Json> | boolean)
  return (value) => {
    if (validate(value)) return []
    return (validate.errors ?? []).slice(0, MAX_FAULTS).map(faultOf)
  }
}

function faultOf({ keyword, instancePath, params, message, data }: ErrorObject): SchemaFault {
  const property: unknown = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName
  const isMissing = params.missingProperty !== undefined
  const value: unknown = typeof property === 'string' && !isMissing ? propertyOf(data, property) : data
  return {
    rule: keyword,
    pointer: instancePath,
    property: typeof property === 'string' ? property : undefined,
    message: keyword === 'enum' || keyword === 'const' ? 'must be one of the values of the plan' : (message ?? 'does not fit'),
    expected: expectedBy(keyword, params),
    actual: isMissing ? '' : typeOf(value),
  }
}

function expectedBy(keyword: string, params: Readonly<Record<string, unknown>>): string {
  if (keyword === 'type') return [params.type].flat().join(' | ')
  if (keyword === 'format') return `format ${String(params.format)}`
  if (typeof params.limit === 'number') return `${keyword} ${params.limit}`
  return ''
}

const propertyOf = (data: unknown, name: string): unknown =>
  typeof data === 'object' && data !== null && Object.hasOwn(data, name) ? (data as Readonly<Record<string, unknown>>)[name] : undefined

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return value === undefined ? '' : typeof value
}
