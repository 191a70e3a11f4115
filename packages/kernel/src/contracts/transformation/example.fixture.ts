import { definePlugin } from '@tenon/kernel'
import { type CustomerEvent, type Transformation, type TransformOutcome, transformation } from '@tenon/kernel/contracts'
import { z } from 'zod'

const config = z.strictObject({ testers: z.array(z.string().min(1)).default([]), after: z.array(z.string()).default([]) })

/** Names that were written in three ways become one; what testers do is not kept. */
function tidyNames({ testers, after }: z.infer<typeof config>): Transformation {
  const ours = new Set(testers)
  const tidy = ({ name, identifiers }: CustomerEvent): TransformOutcome => {
    if (identifiers.some(({ value }) => ours.has(value))) return { kind: 'dropped', code: 'TESTER' }
    const words = name.trim().split(/[\s_-]+/)
    const title = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join(' ')
    return title === name || title === '' ? { kind: 'kept' } : { kind: 'changed', parts: { name: title } }
  }
  return {
    label: { en: 'Tidy names', zh: '规范事件名称' },
    after,
    transform: async ({ events }) => events.map(tidy),
  }
}

export const tidy = definePlugin({
  id: 'acme.transform-tidy',
  version: '1.0.0',
  config,
  needs: {},
  provides: { transformation },
  setup: (context) => ({ provide: { transformation: tidyNames(context.config) } }),
})

export { tidyNames }
