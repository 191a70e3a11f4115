import { measureType, parseMeasure, problemPath, type ValueType } from '@tenon/kernel/contracts'
import { z } from 'zod'

const types: readonly [ValueType, ...ValueType[]] = ['boolean', 'number', 'string', 'list', 'date']

/** The body of a definition of kind `measure`. Every problem of the measure is an issue at its own place. */
export const measureDefinition = z
  .strictObject({
    measure: z.unknown().meta({ type: 'object', title: 'Measure', description: 'What the value of the tag is, in the rule language.' }),
    /** Of the values; needed where the measure does not tell: `first`, `last`, `nth` of a property, traits and tags. */
    type: z.enum(types).exactOptional(),
  })
  .superRefine(({ measure, type }, context) => {
    const parsed = parseMeasure(measure)
    if (!parsed.ok) {
      for (const { path, message } of parsed.problems)
        context.addIssue({ code: 'custom', message, path: ['measure', ...problemPath(path)] })
      return
    }
    const known = measureType(parsed.measure)
    if (known === undefined && type === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['type'],
        message: `is needed: what was sent decides the type of this measure; one of ${types.join(', ')}`,
      })
    }
    if (known !== undefined && type !== undefined && type !== known) {
      context.addIssue({ code: 'custom', path: ['type'], message: `the values of this measure are of type '${known}'` })
    }
  })
