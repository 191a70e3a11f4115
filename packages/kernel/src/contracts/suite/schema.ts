import assert from 'node:assert/strict'
import type { ConfigSchema } from '../../plugin/config.ts'

/** Asserts that a schema prints itself, accepts what it should and refuses the rest without throwing. */
export async function assertSchema(
  schema: ConfigSchema,
  samples: { readonly good: readonly unknown[]; readonly bad: readonly unknown[] },
): Promise<void> {
  const printed = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
  assert.equal(typeof printed, 'object', 'the schema prints itself as JSON Schema')
  for (const value of samples.good) {
    const result = await schema['~standard'].validate(value)
    assert.equal(result.issues, undefined, `the schema accepts ${JSON.stringify(value)}`)
  }
  for (const value of samples.bad) {
    const result = await schema['~standard'].validate(value)
    assert.ok(result.issues !== undefined && result.issues.length > 0, `the schema refuses ${JSON.stringify(value)}`)
  }
}
