import type { Platform } from '@tenon/api'
import type { Clock } from '@tenon/kernel/contracts'
import {
  type Examination,
  type Finding,
  lookAtClickHouse,
  lookAtFolder,
  lookAtIngest,
  lookAtPostgres,
  lookAtStreams,
  lookAtWork,
} from '@tenon/operations'
import type { Settings } from '../settings.ts'
import type { Stores } from '../stores.ts'

/** What can be looked at without a server that runs. */
export const examineStopped = (settings: Settings, { store, analytics }: Stores, clock: Clock): readonly Examination[] => [
  { part: 'folder', look: () => lookAtFolder(foldersOf(settings)) },
  { part: 'postgres', look: () => lookAtPostgres({ store, clock }) },
  { part: 'clickhouse', look: () => lookAtClickHouse({ analytics, clock }) },
  { part: 'work', look: () => lookAtWork({ store, clock }) },
]

/** And what only the server itself knows. */
export const examineRunning = (settings: Settings, stores: Stores, platform: Platform): readonly Examination[] => [
  ...examineStopped(settings, stores, platform.clock),
  { part: 'log', look: () => lookAtIngest(platform) },
  { part: 'streams', look: () => lookAtStreams(platform) },
  { part: 'plugins', look: async () => lookAtPlugins(platform) },
  { part: 'audience', look: async () => lookAtAudience(platform) },
]

const foldersOf = ({ dataDir, importsDir, nats, logBytes }: Settings): Parameters<typeof lookAtFolder>[0] => ({
  dataDir,
  budgetBytes: nats === undefined ? logBytes : 0,
  others: [importsDir],
})

async function lookAtPlugins({ kernel }: Platform): Promise<readonly Finding[]> {
  const health = Object.entries(await kernel.health())
  const ill = health.flatMap(([instance, state]): Finding[] =>
    state.status === 'ok'
      ? []
      : [
          {
            ...{ part: 'plugins', what: instance, severity: state.status === 'down' ? 'critical' : 'warning', found: state.status },
            advice: 'GET /v1/plugins has the reason; an open circuit tries again by itself',
          },
        ],
  )
  return [{ part: 'plugins', what: 'health', severity: 'ok', found: `${health.length - ill.length} of ${health.length} well` }, ...ill]
}

function lookAtAudience({ audience }: Platform): readonly Finding[] {
  const { failures, troubles, behind } = audience.health()
  return [
    {
      ...{ part: 'audience', what: 'evaluation', severity: failures > 2 ? 'warning' : 'ok' },
      found: failures > 0 ? `failed ${failures} times in a row` : behind ? 'under way' : 'up to date',
      ...(failures > 2 ? { advice: 'the log of the server has the reason' } : {}),
    },
    ...troubles.map(
      ({ workspace, type, key, failures: times }): Finding => ({
        ...{ part: 'audience', what: `${type} ${key} of ${workspace}`, severity: 'warning', found: `failed ${times} times, rests` },
        advice: 'change the definition, or look at the plugin of its kind',
      }),
    ),
  ]
}
