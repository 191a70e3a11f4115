import type { Clock } from '@tenon/kernel/contracts'
import { type Finding, grade } from './finding.ts'

export function clockSkew(part: string, now: Date, asked: Date, clock: Clock): Finding {
  // It was told at some moment between the question and its answer.
  const ms = Math.max(0, asked.getTime() - now.getTime(), now.getTime() - clock.now().getTime())
  const severity = grade(ms, { warning: 2_000, critical: 60_000 })
  const advice = { advice: 'synchronise the clocks of the machines: windows and leases are told by them' }
  return { part, what: 'clock', severity, found: `${Math.round(ms)} ms away from ours`, ...(severity === 'ok' ? {} : advice) }
}
