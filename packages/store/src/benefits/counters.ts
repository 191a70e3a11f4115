import type { Selectable } from 'kysely'
import type { Tables } from '../database/tables.ts'
import type { BenefitCounters } from './benefits.ts'

export const countersOf = (row: Omit<Selectable<Tables['tenon.benefits']>, 'workspace' | 'key'>): BenefitCounters =>
  Object.freeze({
    issued: row.issued,
    spent: row.spent,
    ...(row.stock !== null && { stock: row.stock }),
    ...(row.per_person !== null && { perPerson: row.per_person }),
    ...(row.budget !== null && { budget: row.budget }),
  })
