import { parseJson } from '@tenon/kernel/contracts'
import pg from 'pg'
import { NumberUnsafe } from '../errors.ts'

const { builtins } = pg.types
const BIGINT_ARRAY = 1016

/** Whole numbers as numbers, or an error where they would lose digits; days as text; JSON with every key. Set per pool: the driver's own table is global. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary') {
      if (oid === builtins.INT8) return safeInteger
      if (oid === BIGINT_ARRAY) return safeIntegers
      if (oid === builtins.DATE) return String
      if (oid === builtins.JSON || oid === builtins.JSONB) return parseJson
    }
    return pg.types.getTypeParser(oid, format)
  },
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw NumberUnsafe.create({ value: text })
  return value
}

const safeIntegers = (text: string): readonly number[] => (text === '{}' ? [] : text.slice(1, -1).split(',').map(safeInteger))
