import type { Json } from '@tenon/kernel/contracts'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
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

function compile(schema: Schema): CheckValue {
  // One instance for each schema: nothing of one can be seen by another, and all of it is given back with the plan.
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allErrors: true,
    ownProperties: true,
    validateSchema: true,
    addUsedSchema: false,
    logger: false,
    formats,
    // What ajv calls is `new RegExp`; what it needs of it is `test`.
    code: { regExp: Object.assign((pattern: string) => compileExpression(pattern), { code: '' }) },
  })
  const validate = ajv.compile(schema as Record<string, Json> | boolean)
  return (value) => {
    if (validate(value)) return []
    return (validate.errors ?? []).slice(0, MAX_FAULTS).map(faultOf)
  }
}

function faultOf({ keyword, instancePath, params, message }: ErrorObject): SchemaFault {
  const property: unknown = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName
  return {
    rule: keyword,
    pointer: instancePath,
    property: typeof property === 'string' ? property : undefined,
    message: keyword === 'enum' || keyword === 'const' ? 'must be one of the values of the plan' : (message ?? 'does not fit'),
  }
}
