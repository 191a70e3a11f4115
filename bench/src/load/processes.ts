import { readdirSync, readFileSync } from 'node:fs'

/** A process of this machine, as Linux tells of it. */
export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** Of CPU, its children that ended included. */
  readonly seconds: number
}

/** Ticks of a second, as Linux counts them for everybody. */
const TICKS = 100

/** Empty where the system has no `/proc`. */
export function readStats(): readonly ProcessStat[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readStat(Number(name)) ?? [])
  } catch {
    return []
  }
}

/** The name may hold anything, so fields are counted from its closing bracket. Children that ended are counted with their parent. */
function readStat(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    return { pid, parent: Number(fields[1]), seconds: ticks / TICKS }
  } catch {
    return undefined
  }
}

/** What a process was started with; empty once it is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
