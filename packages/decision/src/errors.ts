import { defineError } from '@tenon/kernel'

export const SceneUnknown = defineError({
  code: 'TENON_SCENE_UNKNOWN',
  status: 404,
  title: 'The edition has no such scene.',
  help: 'Scenes are configured with the edition; without configuration there are home, related, cart and push.',
  message: (details: { readonly scene: string; readonly known: readonly string[] }) =>
    `no scene '${details.scene}'; there is ${details.known.join(', ')}`,
})

export const SceneInvalid = defineError({
  code: 'TENON_SCENE_INVALID',
  title: 'A scene names a recommender that the edition does not have.',
  help: 'Use the instance names of the edition (`as`), or leave the source out of the scene.',
  message: (details: { readonly scene: string; readonly source: string; readonly known: readonly string[] }) =>
    `the scene '${details.scene}' names '${details.source}'; there is ${details.known.join(', ') || 'no recommender'}`,
})

export const BenefitKindAmbiguous = defineError({
  code: 'TENON_BENEFIT_KIND_AMBIGUOUS',
  title: 'Two plugins of the edition bring the same kind of benefit.',
  help: 'Benefits name a kind, so it must be clear which plugin they mean. Remove one of the two plugins from the edition.',
  message: (details: { readonly kind: string; readonly instances: readonly string[] }) =>
    `the kind '${details.kind}' is brought by ${details.instances.join(' and ')}`,
})

export const errors = [SceneUnknown, SceneInvalid, BenefitKindAmbiguous] as const
