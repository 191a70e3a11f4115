import { readFileSync } from 'node:fs'

/** Memory that a process holds; 0 where it is gone, or where the system has no `/proc` that says so. */
export function residentBytes(pid: number): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kibibytes ?? 0) * 1024
  } catch (error) {
    if (error instanceof Error && 'code' in error) return 0
    throw error
  }
}
