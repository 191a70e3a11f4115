import { createRemoteStorer, createStorer, type Storer, type StorerOptions } from '@tenon/ingest'
import type { Edition, Health } from '@tenon/kernel'
import type { Meter } from '@tenon/kernel/contracts'
import { addMetrics, type Kernel } from '@tenon/kernel/runtime'
import { editionDigest } from '../edition.ts'
import { logFolderOf, type Settings } from '../settings.ts'
import type { Stores } from '../stores.ts'
import { createStoringLauncher } from './launch-storing.ts'

type SeenKernel = Pick<Kernel, 'metrics' | 'health' | 'inspect'>

/** Who stores the log of this process. */
export interface ChosenStorer {
  /** Absent where others store. */
  readonly storer?: Storer
  /** The plugins of this process, and of the one that stores. */
  readonly kernel: SeenKernel
  /** Memory of the process that stores, in bytes; 0 where it is this one, or another's. */
  rssBytes(): number
}

/** A local log is stored by a process beside this one; shared logs by this one, or by other members of the fleet. */
export function storerOf(
  settings: Settings,
  parts: {
    readonly here: StorerOptions & { readonly meter: Meter }
    readonly apart: {
      readonly edition: Edition
      readonly env: Readonly<Record<string, string | undefined>>
      readonly cwd: string
      readonly addresses: Stores['addresses']
    }
    readonly kernel: SeenKernel
  },
): ChosenStorer {
  const { here, apart, kernel } = parts
  if (settings.nats !== undefined) return { ...(settings.role === 'all' ? { storer: createStorer(here) } : {}), kernel, rssBytes: () => 0 }
  const { logger, meter } = here
  const { databaseUrl, clickhouseUrl } = apart.addresses
  const launcher = createStoringLauncher({
    env: { ...apart.env, TENON_DATABASE_URL: databaseUrl, TENON_CLICKHOUSE_URL: clickhouseUrl, TENON_DATA: settings.dataDir },
    ...{ cwd: apart.cwd, digest: editionDigest(apart.edition), logger, meter },
  })
  return {
    storer: createRemoteStorer({ folder: logFolderOf(settings), launch: launcher.launch, logger }),
    kernel: {
      metrics: () => addMetrics([kernel.metrics(), launcher.metrics()]),
      async health() {
        const there = launcher.health()
        return Object.fromEntries(Object.entries(await kernel.health()).map(([instance, here]) => [instance, worse(here, there[instance])]))
      },
      async inspect() {
        const inspection = await kernel.inspect()
        const there = launcher.health()
        const instances = inspection.instances.map((one) => ({ ...one, health: worse(one.health, there[one.instance]) }))
        return { ...inspection, instances }
      },
    },
    rssBytes: launcher.rssBytes,
  }
}

const SEVERITY: Readonly<Record<Health['status'], number>> = { ok: 0, degraded: 1, down: 2 }

/** Plugins that storing needs run twice, and one of the two may be worse off. */
function worse(here: Health, there: Health | undefined): Health {
  if (there === undefined || there.status === 'ok' || SEVERITY[there.status] <= SEVERITY[here.status]) return here
  return { status: there.status, reason: `in the process that stores: ${there.reason}` }
}
