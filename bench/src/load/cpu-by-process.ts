import { commandOf, readStats } from './processes.ts'

/** Seconds of CPU that the processes below one have used so far, those that ended included, by what they are. */
export type CpuByProcess = ReadonlyMap<string, number>

const NAMES: readonly (readonly [part: string, name: string])[] = [
  ['engine-main', 'engine'],
  ['storing-main', 'storing'],
  ['apps/server', 'server'],
  ['postgres', 'postgres'],
]

/** Empty where the system has no `/proc`. */
export function cpuByProcess(root: number = process.pid): CpuByProcess {
  const all = readStats()
  const used = new Map<string, number>()
  const descend = (parent: number, inherited: string | undefined): void => {
    for (const { pid, seconds } of all.filter((each) => each.parent === parent)) {
      const name = nameOf(pid) ?? inherited ?? 'other'
      used.set(name, (used.get(name) ?? 0) + seconds)
      descend(pid, name)
    }
  }
  descend(root, undefined)
  return used
}

/** Microseconds an event, as one line for people: what was used between two readings. */
export function cpuPerEvent(before: CpuByProcess, after: CpuByProcess, events: number): string {
  const parts = [...after].map(([name, seconds]) => [name, ((seconds - (before.get(name) ?? 0)) * 1e6) / events] as const)
  return parts.map(([name, micros]) => `${name} ${micros.toFixed(1)}`).join(', ')
}

function nameOf(pid: number): string | undefined {
  const command = commandOf(pid)
  return NAMES.find(([part]) => command.includes(part))?.[1]
}
