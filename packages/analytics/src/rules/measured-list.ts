import { type Measured, type MeasureKind, stepsOf } from '@tenon/kernel/contracts'
import type { Value } from './compare.ts'
import type { Counted } from './counted.ts'
import { propertyOf } from './counted.ts'
import { inside, isScalar, isText, numberOf, textOf } from './json-sql.ts'
import { numbersOf, rounded, scalarsOf, secondsUntilNow, streakSql } from './measured.ts'
import type { Scan } from './scan.ts'

/**
 * Measures over the list of the events that count, in the order in which they are told: for windows that begin at another
 * instant for each person, and for what depends on single events. Elements are (timestamp, received_at, message_id, detail).
 */
export function measuredOver(measured: Measured, { condition, since }: Counted, scan: Scan): Value {
  const kind = measured.measure
  const detail = scan.column(detailOf(kind, measured.event, scan))
  const all = `arraySort(groupArrayIf(tuple(timestamp, received_at, message_id, ${detail}), ${condition}))`
  if (since === undefined) return over(scan.aggregate(all), kind, scan)
  const later = `arrayFilter(e -> ifNull(e.1 ${since.included ? '>=' : '>'} ${since.at}, 0), ${all})`
  return unless(`isNull(${since.at})`, over(scan.aggregate(later), kind, scan), scan)
}

const unless = (unknown: string, value: Value, scan: Scan): Value =>
  value.kind === 'number'
    ? number(scan, `if(${unknown}, NULL, ${value.sql})`)
    : { ...value, sql: scan.aggregate(`if(${unknown}, '', ${value.sql})`) }

/** What is kept of each event beside its place in time. */
function detailOf(kind: MeasureKind, event: string, scan: Scan): string {
  if (typeof kind === 'string') return '0'
  if ('top' in kind) return pairsOf(kind, event, scan)
  if ('nth' in kind) return kind.of === 'timestamp' ? '0' : scalarsOf(event, kind.of, scan)
  if ('first' in kind) return scalarsOf(event, kind.first, scan)
  if ('last' in kind) return scalarsOf(event, kind.last, scan)
  if ('distinct' in kind) return scalarsOf(event, kind.distinct, scan)
  if ('sum' in kind) return numbersOf(event, kind.sum, scan)
  if ('avg' in kind) return numbersOf(event, kind.avg, scan)
  return numbersOf(event, 'min' in kind ? kind.min : kind.max, scan)
}

function over(events: string, kind: MeasureKind, scan: Scan): Value {
  const days = `arrayDistinct(arrayMap(e -> toInt32(toDate32(e.1, ${scan.zoneSql})), ${events}))`
  const details = `arrayFlatten(arrayMap(e -> e.4, ${events}))`
  const firsts = `arrayFlatten(arrayMap(e -> arraySlice(e.4, 1, 1), ${events}))`
  const unknown = `notEmpty(${events}) AND empty(${details})`
  const some = (sql: string): Value => number(scan, `if(empty(${details}), NULL, ${sql})`)
  if (kind === 'count') return number(scan, `length(${events})`)
  if (kind === 'days') return number(scan, `length(${days})`)
  if (kind === 'streak') return number(scan, streakSql(days, scan))
  if (kind === 'recency') return number(scan, `if(empty(${events}), NULL, ${secondsUntilNow(`${events}[-1].1`, scan)})`)
  if ('sum' in kind) return number(scan, `if(${unknown}, NULL, ${rounded(`arraySum(${details})`)})`)
  if ('distinct' in kind) return number(scan, `if(${unknown}, NULL, length(arrayDistinct(${details})))`)
  if ('avg' in kind) return some(rounded(`arrayAvg(${details})`))
  if ('min' in kind) return some(`arrayMin(${details})`)
  if ('max' in kind) return some(`arrayMax(${details})`)
  if ('first' in kind) return json(scan, `${firsts}[1]`)
  if ('last' in kind) return json(scan, `${firsts}[-1]`)
  if ('top' in kind) return topOf(events, kind, scan)
  const nth = `${events}[${scan.bind('UInt32', kind.nth)}]`
  if (kind.of !== 'timestamp') return json(scan, `${nth}.4[1]`)
  const written = `toJSONString(concat(replaceOne(toString(${nth}.1), ' ', 'T'), 'Z'))`
  return json(scan, `if(length(${events}) < ${scan.bind('UInt32', kind.nth)}, '', ${written})`)
}

type Top = Extract<MeasureKind, { readonly top: string }>

/** (value, weight) of each element in one event; a value whose weight is not known does not count. */
function pairsOf(kind: Top, event: string, scan: Scan): string {
  const steps = stepsOf(kind.top)
  const inElement = steps.slice(steps.findLastIndex(({ each }) => each) + 1)
  const list = kind.top.slice(0, kind.top.lastIndexOf('[]') + 2)
  const elements = inElement.length === steps.length ? undefined : propertyOf(event, list, scan).sql
  const whole = (path: string): string => propertyOf(event, path, scan).sql
  const value = elements === undefined ? whole(kind.top) : inside('x', inElement, scan)
  const weight = weightOf(kind, elements === undefined ? undefined : list, whole, scan)
  const pair = `tuple(if(${isText(value)}, ${textOf(value)}, ${value}), assumeNotNull(${weight}))`
  const counts = `${isScalar(value)} AND isNotNull(${weight})`
  if (elements === undefined) return `if(${counts}, [${pair}], [])`
  return `arrayMap(x -> ${pair}, arrayFilter(x -> ${counts}, ${elements}))`
}

function weightOf(kind: Top, list: string | undefined, whole: (path: string) => string, scan: Scan): string {
  if (kind.by === undefined || kind.by === 'count') return 'toFloat64(1)'
  if (list === undefined || !kind.by.sum.startsWith(list)) return numberOf(whole(kind.by.sum))
  const steps = stepsOf(kind.by.sum)
  return numberOf(inside('x', steps.slice(steps.findLastIndex(({ each }) => each) + 1), scan))
}

/** The heaviest first, equals in the order of their bytes; what weighs nothing is no favourite. */
function topOf(events: string, kind: Top, scan: Scan): Value {
  const pairs = `arrayMap(e -> e.4, ${events})`
  const column = (index: number): string => `arrayMap(l -> arrayMap(q -> q.${index}, l), ${pairs})`
  const sums = scan.aggregate(`arrayReduce('sumMap', ${column(1)}, ${column(2)})`)
  const heavy = `arrayFilter(q -> q.2 > 0, arrayMap((k, w) -> tuple(k, round(w, 6)), ${sums}.1, ${sums}.2))`
  const ordered = `arrayMap(q -> q.1, arraySort(q -> tuple(-q.2, q.1), ${heavy}))`
  if (kind.n === undefined) return json(scan, `if(empty(${ordered}), '', toJSONString(${ordered}[1]))`)
  const cut = `arraySlice(${ordered}, 1, ${scan.bind('UInt32', kind.n)})`
  return json(scan, `if(empty(${cut}), '', toJSONString(${cut}))`)
}

const number = (scan: Scan, sql: string): Value => ({ kind: 'number', sql: scan.aggregate(`toNullable(toFloat64(${sql}))`) })

const json = (scan: Scan, sql: string): Value => ({ kind: 'json', many: false, sql: scan.aggregate(sql) })
