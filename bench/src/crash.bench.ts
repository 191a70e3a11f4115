import { findNatsServer } from '@tenon/testing/stores'
import type { Bench, BenchContext, Result } from './bench.ts'
import { crashFleet } from './crash/crash-fleet.ts'
import { crashLocal } from './crash/crash-local.ts'
import type { Crashed } from './crash/crash-run.ts'
import { inFolder } from './load/in-folder.ts'

const ROUNDS = 50
const SMOKE_ROUNDS = 2

/**
 * Processes are killed again and again while clients send, and send again what was not acknowledged. In the end the engine is asked
 * which messages it holds: each acknowledged one must be there, and once. First a server with all it needs in one folder, then a fleet
 * on Postgres and NATS; `--log=local` or `--log=jetstream` runs one of them, `--rounds=N` others than 50.
 */
export const bench: Bench = {
  summary: 'kill -9 under load, one server and a fleet: acknowledged events that are lost or stored twice',
  zero: ['lost', 'duplicated'],
  run: crash,
}

async function crash({ smoke, args, log }: BenchContext): Promise<readonly Result[]> {
  const rounds = Number(argument(args, 'rounds') ?? (smoke ? SMOKE_ROUNDS : ROUNDS))
  const only = argument(args, 'log')
  const crashed: Crashed[] = []
  if (only !== 'jetstream') crashed.push(await inFolder('crash', (folder) => crashLocal({ folder, rounds, log })))
  if (only !== 'local') {
    if (findNatsServer() === undefined) log('skipped: the fleet, since this machine has no nats-server')
    else crashed.push(await inFolder('crash', (folder) => crashFleet({ folder, rounds, log })))
  }
  const each = crashed.map((one) => ({ bench: 'crash', ...one }))
  // The sum is of both: half of it would look like the whole.
  if (crashed.length < 2) return each
  const sum = (of: (one: Crashed) => number): number => crashed.reduce((total, one) => total + of(one), 0)
  return [
    ...each,
    {
      bench: 'crash',
      rounds,
      acked: sum(({ acked }) => acked),
      lost: sum(({ lost }) => lost),
      duplicated: sum(({ duplicated }) => duplicated),
    },
  ]
}

const argument = (args: readonly string[], name: string): string | undefined =>
  args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
