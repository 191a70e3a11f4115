import { parseRule, problemPath } from '@tenon/kernel/contracts'
import { z } from 'zod'

/** The body of a definition of kind `rules`. Every problem of the rule is an issue at its own place. */
export const rulesDefinition = z.strictObject({
  rule: z
    .unknown()
    .superRefine((value, context) => {
      const parsed = parseRule(value)
      if (parsed.ok) return
      for (const { path, message } of parsed.problems) context.addIssue({ code: 'custom', message, path: [...problemPath(path)] })
    })
    .meta({ type: 'object', title: 'Rule', description: 'Who is in the segment, in the rule language.' }),
})
