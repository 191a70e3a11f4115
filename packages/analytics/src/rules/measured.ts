import type { Measured, MeasureKind } from '@tenon/kernel/contracts'
import type { Value } from './compare.ts'
import { type Counted, counted, propertyOf } from './counted.ts'
import { filtered, isScalar, numberOf } from './json-sql.ts'
import { measuredOver } from './measured-list.ts'
import { type Scan, TOLD } from './scan.ts'

/** The value of a measured event for each person. */
export function measuredValue(measured: Measured, scan: Scan): Value {
  const over = counted(measured, scan)
  const byAggregate = over.since === undefined ? aggregated(measured, over, scan) : undefined
  return byAggregate ?? measuredOver(measured, over, scan)
}

/** A number that is not one (too large a sum) is no value. */
export const finite = (number: string): string => `if(isFinite(${number}), ${number}, NULL)`

/** Sums of decimals: what is left of adding binary fractions in another order does not show. */
export const rounded = (number: string): string => finite(`round(${number}, 6)`)

/** Numbers of a path in one event. */
export const numbersOf = (event: string, path: string, scan: Scan): string =>
  `arrayMap(x -> assumeNotNull(${numberOf('x')}), ${filtered(propertyOf(event, path, scan), (json) => `isNotNull(${numberOf(json)})`)})`

/** Texts, numbers and truth values of a path in one event, as JSON text. */
export const scalarsOf = (event: string, path: string, scan: Scan): string => filtered(propertyOf(event, path, scan), isScalar)

/** The days of a person in a row up to today or yesterday, out of an array of distinct day numbers. */
export function streakSql(days: string, scan: Scan): string {
  const newestFirst = `arrayReverseSort(${days})`
  const today = `toInt32(toDate32(${scan.asOfSql}, ${scan.zoneSql}))`
  const inRow = `arrayCount((d, i) -> d + i = ${newestFirst}[1] + 1, ${newestFirst}, arrayEnumerate(${newestFirst}))`
  return `if(${newestFirst}[1] >= ${today} - 1, ${inRow}, 0)`
}

/** Seconds from an instant to that of the evaluation. */
export const secondsUntilNow = (at: string, scan: Scan): string =>
  `((toUnixTimestamp64Milli(${scan.asOfSql}) - toUnixTimestamp64Milli(${at})) / 1000)`

/** With the aggregates of the engine, without keeping events; undefined for what needs the events themselves. */
function aggregated(measured: Measured, { condition }: Counted, scan: Scan): Value | undefined {
  const kind = measured.measure
  if (kind === 'streak')
    return number(scan, streakSql(`groupUniqArrayIf(toInt32(toDate32(timestamp, ${scan.zoneSql})), ${condition})`, scan))
  const count = scan.aggregate(`countIf(${condition})`)
  if (kind === 'count') return number(scan, count)
  if (kind === 'days') return number(scan, `uniqExactIf(toDate32(timestamp, ${scan.zoneSql}), ${condition})`)
  if (kind === 'recency') return number(scan, `if(${count} = 0, NULL, ${secondsUntilNow(`maxIf(timestamp, ${condition})`, scan)})`)
  return 'top' in kind || 'nth' in kind ? undefined : overPath(kind, measured.event, condition, count, scan)
}

type OverPath = Exclude<MeasureKind, string | { readonly top: string } | { readonly nth: number }>

function overPath(kind: OverPath, event: string, condition: string, count: string, scan: Scan): Value {
  if ('first' in kind) return told('argMinIf', scalarsOf(event, kind.first, scan), condition, scan)
  if ('last' in kind) return told('argMaxIf', scalarsOf(event, kind.last, scan), condition, scan)
  if ('distinct' in kind) {
    const scalars = scan.column(scalarsOf(event, kind.distinct, scan))
    const known = scan.aggregate(`countIf(${condition} AND notEmpty(${scalars}))`)
    return number(scan, `if(${count} > 0 AND ${known} = 0, NULL, uniqExactArrayIf(${scalars}, ${condition}))`)
  }
  const { known, reduced } = numbersUnder(event, pathOf(kind), condition, scan)
  const some = (sql: string): Value => number(scan, `if(${known} = 0, NULL, ${sql})`)
  if ('min' in kind) return some(reduced('min'))
  if ('max' in kind) return some(reduced('max'))
  const sum = scan.aggregate(reduced('sumKahan'))
  if ('avg' in kind) return some(rounded(`${sum} / ${known}`))
  return number(scan, `if(${count} = 0, 0, if(${known} = 0, NULL, ${rounded(sum)}))`)
}

/** How many numbers there are, and an aggregate of them: without an array where a path goes through no list. */
function numbersUnder(event: string, path: string, condition: string, scan: Scan) {
  const leaves = propertyOf(event, path, scan)
  const numbers = scan.column(leaves.many ? numbersOf(event, path, scan) : numberOf(leaves.sql))
  const known = scan.aggregate(leaves.many ? `sumIf(length(${numbers}), ${condition})` : `countIf(${condition} AND isNotNull(${numbers}))`)
  const reduced = (aggregate: string): string => `${aggregate}${leaves.many ? 'Array' : ''}If(${numbers}, ${condition})`
  return { known, reduced }
}

function pathOf(
  kind: Extract<OverPath, { readonly sum: string } | { readonly avg: string } | { readonly min: string } | { readonly max: string }>,
): string {
  if ('sum' in kind) return kind.sum
  if ('avg' in kind) return kind.avg
  return 'min' in kind ? kind.min : kind.max
}

function told(which: 'argMinIf' | 'argMaxIf', scalars: string, condition: string, scan: Scan): Value {
  const column = scan.column(scalars)
  return { kind: 'json', many: false, sql: scan.aggregate(`${which}(${column}[1], ${TOLD}, ${condition} AND notEmpty(${column}))`) }
}

const number = (scan: Scan, sql: string): Value => ({ kind: 'number', sql: scan.aggregate(`toNullable(toFloat64(${sql}))`) })
