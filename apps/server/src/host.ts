import { type AnyCapability, atLeastOne } from '@tenon/kernel'
import {
  benefitKind,
  type Clock,
  channel,
  consentPolicy,
  core,
  type Gate,
  identityPolicy,
  type Logger,
  matcher,
  pushSource,
  recommender,
  segmenter,
  tagger,
  transformation,
} from '@tenon/kernel/contracts'
import { type Migrate, perInstance } from '@tenon/kernel/runtime'
import type { Store } from '@tenon/store'

/** What the server can not run without, and what it uses where an edition has it. */
export const hostNeeds = Object.freeze({
  sources: atLeastOne(pushSource),
  transformations: transformation,
  identity: identityPolicy,
  policies: atLeastOne(consentPolicy),
  taggers: tagger,
  segmenters: segmenter,
  recommenders: recommender,
  matchers: matcher,
  benefits: benefitKind,
  channels: channel,
})

/** What of it storing needs: the rest does not run where nothing else is done. */
export const storingNeeds = Object.freeze({
  transformations: hostNeeds.transformations,
  identity: hostNeeds.identity,
  policies: hostNeeds.policies,
})

/** The values behind `core.*`. */
export const hostValues = (values: {
  readonly clock: Clock
  readonly logger: Logger
  readonly gate: Gate
  readonly store: Pick<Store, 'plugin'>
}): ReadonlyMap<AnyCapability, unknown> =>
  new Map<AnyCapability, unknown>([
    [core.clock, values.clock],
    [core.logger, values.logger],
    [core.gate, values.gate],
    [core.postgres, perInstance((instance) => values.store.plugin(instance))],
  ])

/** Applies the migrations of plugins, each in a schema of its own. */
export const migratePlugins =
  (store: Pick<Store, 'migratePlugin'>): Migrate =>
  async ({ instance, migrations }) => {
    if (migrations.postgres !== undefined) await store.migratePlugin({ instance, migrations: migrations.postgres })
  }
