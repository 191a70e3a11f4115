import { defineError } from '@tenon/kernel'

export const KindAmbiguous = defineError({
  code: 'TENON_KIND_AMBIGUOUS',
  title: 'Two plugins of the edition bring the same kind.',
  help: 'Definitions name a kind, so it must be clear which plugin they mean. Remove one of the two plugins from the edition.',
  message: (details: { readonly kind: string; readonly instances: readonly string[] }) =>
    `the kind '${details.kind}' is brought by ${details.instances.join(' and ')}`,
})

export const PluginIncomplete = defineError({
  code: 'TENON_PLUGIN_INCOMPLETE',
  title: 'A plugin plans what it can not compute.',
  help: 'A tag or segment plan of `how: "model"` needs `value` or `assign`, and `fit` where it says `fits: true`. Its conformance suite finds this.',
  message: (details: { readonly kind: string; readonly method: string }) => `the kind '${details.kind}' has no ${details.method}`,
})

export const errors = [KindAmbiguous, PluginIncomplete] as const
