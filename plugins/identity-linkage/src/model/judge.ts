import type { MatchEvidence, MatchOpinion } from '@tenon/kernel/contracts'
import type { FieldModel, LinkageModel } from './model.ts'

/** How two people agree in one field. `share`: of the rarest value in common, where it matters. */
export interface Agreement {
  /** -1: one of the two has no value. */
  readonly level: number
  readonly share?: number | undefined
}

/** Weighs agreement: log2 of m / u for each field, on top of the odds of any two people (Fellegi and Sunter 1969). */
export interface Judge {
  /** Before anything is known, in bits. */
  readonly priorWeight: number
  /** Of one field; 0 for what is unknown. */
  weight(field: number, agreement: Agreement): number
  opinion(agreements: readonly Agreement[]): MatchOpinion
}

/** How frequent a value is among people, for fields where it matters. */
export type Shares = (field: number, value: string) => number | undefined

export function sharesOf({ fields }: LinkageModel): Shares {
  const tables = fields.map(({ frequency }) =>
    frequency === undefined ? undefined : { rare: frequency.rare, common: new Map(frequency.common) },
  )
  return (field, value) => {
    const table = tables[field]
    return table === undefined ? undefined : (table.common.get(value) ?? table.rare)
  }
}

export function judgeOf({ prior, fields }: LinkageModel): Judge {
  const priorWeight = Math.log2(prior / (1 - prior))
  const weights = fields.map(({ m, u }) => m.map((probability, level) => Math.log2(probability / (u[level] ?? 1))))
  const weight = (field: number, { level, share }: Agreement): number => {
    if (level < 0) return 0
    // Of an equal value it is known how often strangers share it, which is better than how often they share any.
    if (level === 0 && share !== undefined) return Math.log2((fields[field]?.m[0] ?? 1) / share)
    return weights[field]?.[level] ?? 0
  }
  return {
    priorWeight,
    weight,
    opinion(agreements) {
      let total = priorWeight
      const evidence: MatchEvidence[] = []
      for (const [index, agreement] of agreements.entries()) {
        const field = fields[index]
        if (field === undefined || agreement.level < 0) continue
        const own = weight(index, agreement)
        total += own
        evidence.push(evidenceOf(field, agreement, own))
      }
      const unknown = { code: 'NOTHING_TO_COMPARE', field: fields[0]?.key ?? '', weight: 0, detail: {} }
      return { probability: probabilityOf(total), weight: total, evidence: evidence.length > 0 ? evidence : [unknown] }
    },
  }
}

export const probabilityOf = (weight: number): number => 1 / (1 + 2 ** -weight)

function evidenceOf({ key, levels }: FieldModel, { level, share }: Agreement, weight: number): MatchEvidence {
  const detail = level === 0 && share !== undefined ? { share: Number(share.toPrecision(3)) } : {}
  return { code: levels[level] ?? '', field: key, weight, detail }
}
