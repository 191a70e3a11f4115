import type { Label } from '@tenon/kernel/contracts'

export interface Tier {
  readonly value: string
  readonly label: Label
}

/** From the best to the worst, the order of the console. */
export const tiers = Object.freeze([
  { value: 'champion', label: { en: 'Champions', zh: '重要价值客户' } },
  { value: 'loyal', label: { en: 'Loyal', zh: '忠诚客户' } },
  { value: 'potential', label: { en: 'Potential loyalists', zh: '潜力客户' } },
  { value: 'new', label: { en: 'New', zh: '新客户' } },
  { value: 'needs-attention', label: { en: 'Need attention', zh: '需关注客户' } },
  { value: 'at-risk', label: { en: 'At risk', zh: '流失风险客户' } },
  { value: 'cannot-lose', label: { en: 'Can not lose', zh: '重要挽留客户' } },
  { value: 'hibernating', label: { en: 'Hibernating', zh: '沉睡客户' } },
] as const) satisfies readonly Tier[]

type TierValue = (typeof tiers)[number]['value']

/** Thirds of recency (rows: low to high) × thirds of frequency and monetary value together (columns: low to high). */
const grid: readonly (readonly [TierValue, TierValue, TierValue])[] = [
  ['hibernating', 'at-risk', 'cannot-lose'],
  ['needs-attention', 'potential', 'loyal'],
  ['new', 'potential', 'champion'],
]

/** The tier of three bands, each from 1 (worst) to `bands` (best). Frequency and monetary value count half each. */
export function tierOf(
  band: { readonly recency: number; readonly frequency: number; readonly monetary: number },
  bands: number,
): TierValue {
  const third = (value: number): 0 | 1 | 2 => {
    const share = (value - 1) / (bands - 1)
    return share < 1 / 3 ? 0 : share < 2 / 3 ? 1 : 2
  }
  const row = grid[third(band.recency)] ?? grid[0]
  return row?.[third((band.frequency + band.monetary) / 2)] ?? 'hibernating'
}
