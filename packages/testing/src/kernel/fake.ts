import { type Arity, type Capability, type CapabilityId, definePlugin, type Shape, use } from '@tenon/kernel'
import { z } from 'zod'

const CONFIG = z.object({})

/**
 * A value as the provider of a capability. A fake is an ordinary plugin, so a test kernel wires and guards it as it would
 * in production.
 */
export function fake<Id extends CapabilityId, T, A extends Arity>(
  capability: Capability<Id, T, A>,
  value: T,
  options: { readonly as?: string } = {},
) {
  const plugin = definePlugin({
    id: 'tenon.fake',
    version: '0.0.0',
    config: CONFIG,
    needs: {},
    provides: { value: capability },
    setup: () => ({ provide: { value: value as Shape<Capability<Id, T, A>> } }),
  })
  return use(plugin, {}, { as: options.as ?? `fake:${capability.id}` })
}
