import { errorCode } from '@tenon/kernel'
import type { Finding } from './finding.ts'

/** A part of the system, and how to look at it. */
export interface Examination {
  readonly part: string
  look(): Promise<readonly Finding[]>
}

const PATIENCE_MS = 10_000

/** Looks at everything at the same time. What can not be looked at is a finding of its own, and keeps nobody from the others. */
export async function diagnose(examinations: readonly Examination[], patienceMs = PATIENCE_MS): Promise<readonly Finding[]> {
  const all = await Promise.all(examinations.map((each) => withPatience(each, patienceMs)))
  return Object.freeze(all.flat())
}

async function withPatience({ part, look }: Examination, patienceMs: number): Promise<readonly Finding[]> {
  const mute = (found: string): readonly Finding[] => [
    { part, what: 'answer', severity: 'critical', found, advice: 'look whether it runs, and at its log' },
  ]
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => resolve(mute(`none within ${patienceMs / 1_000} s`)), patienceMs)
  })
  try {
    return await Promise.race([look(), late])
  } catch (error) {
    return mute(errorCode(error) ?? (error instanceof Error ? error.name : 'thrown'))
  } finally {
    clearTimeout(timer)
  }
}
