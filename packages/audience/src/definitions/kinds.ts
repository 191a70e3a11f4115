import type { InstanceId } from '@tenon/kernel'
import { KindAmbiguous } from '../errors.ts'

export interface Kind<T> {
  readonly instance: InstanceId
  readonly plugin: T
}

/** Plugins by the kind that definitions name. Throws `TENON_KIND_AMBIGUOUS`. */
export function kindsOf<T extends { readonly kind: string }>(plugins: ReadonlyMap<InstanceId, T>): ReadonlyMap<string, Kind<T>> {
  const kinds = new Map<string, Kind<T>>()
  for (const [instance, plugin] of plugins) {
    const other = kinds.get(plugin.kind)
    if (other !== undefined) throw KindAmbiguous.create({ kind: plugin.kind, instances: [other.instance, instance] })
    kinds.set(plugin.kind, { instance, plugin })
  }
  return kinds
}
