import type { ConsentPolicy, Receipt } from '@tenon/kernel/contracts'
import type { ConsentBasicConfig } from './config.ts'

type Signal = Parameters<ConsentPolicy['interpret']>[0]
type Said = Omit<Receipt, 'id'>

/**
 * Reads `segment` (`context.consent` of the Segment Spec: `{ categoryPreferences: { Advertising: false } }`) and
 * `gpc` (the `Sec-GPC` header, where `1` objects and anything else says nothing). Unknown formats, categories and
 * values say nothing.
 */
export function interpret(signal: Signal, config: ConsentBasicConfig): readonly Said[] {
  if (signal.format === 'gpc')
    return isObjection(signal.value) ? config.gpcDenies.map((purpose) => said(purpose, false, signal, config)) : []
  if (signal.format === 'segment') return fromCategories(signal, config)
  return []
}

const isObjection = (value: unknown): boolean => value === '1' || value === 1 || value === true

function fromCategories(signal: Signal, config: ConsentBasicConfig): readonly Said[] {
  const preferences = objectAt(signal.value, 'categoryPreferences')
  if (preferences === undefined) return []
  const states = new Map<string, boolean>()
  for (const [category, purposes] of Object.entries(config.categories)) {
    const preference = Object.hasOwn(preferences, category) ? preferences[category] : undefined
    if (typeof preference !== 'boolean') continue
    // Two categories may speak of one purpose: then one no is enough.
    for (const purpose of purposes) states.set(purpose, preference && states.get(purpose) !== false)
  }
  return [...states].map(([purpose, granted]) => said(purpose, granted, signal, config))
}

function objectAt(value: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  if (!isRecord(value) || !Object.hasOwn(value, key)) return undefined
  const inner = value[key]
  return isRecord(inner) ? inner : undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const said = (purpose: string, granted: boolean, signal: Signal, config: ConsentBasicConfig): Said => ({
  purpose,
  state: granted ? 'granted' : 'denied',
  basis: 'consent',
  notice: config.notice,
  source: `signal:${signal.format}`,
  at: signal.at,
  evidence: { format: signal.format },
})
