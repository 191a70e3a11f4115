import { readdirSync, readFileSync } from 'node:fs'

/** Seconds of CPU that the processes below one have used so far, those that ended included, by what they are. */
export type CpuByProcess = ReadonlyMap<string, number>

interface Stat {
  readonly pid: number
  readonly parent: number
  readonly seconds: number
}

/** Ticks of a second, as Linux counts them for everybody. */
const TICKS = 100
const NAMES: readonly (readonly [part: string, name: string])[] = [
  ['engine-main', 'engine'],
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

function readStats(): readonly Stat[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readStat(Number(name)) ?? [])
  } catch {
    return []
  }
}

/** The name may hold anything, so fields are counted from its closing bracket. Children that ended are counted with their parent. */
function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    return { pid, parent: Number(fields[1]), seconds: ticks / TICKS }
  } catch {
    return undefined
  }
}

function nameOf(pid: number): string | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return NAMES.find(([part]) => command.includes(part))?.[1]
  } catch {
    return undefined
  }
}
