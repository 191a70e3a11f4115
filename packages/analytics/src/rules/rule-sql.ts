import type { Measure, Measured, Purpose, Rule, Window } from '@tenon/kernel/contracts'
import type { Population } from '../sources.ts'
import { bucketSql } from './bucket.ts'
import { compare, type Value } from './compare.ts'
import { traitOf } from './counted.ts'
import { RuleConsentUnknown, RuleUnsupported } from './errors.ts'
import { numberOf } from './json-sql.ts'
import { measuredValue } from './measured.ts'
import type { Scan } from './scan.ts'

/** What a rule is compiled in. */
export interface RuleSurroundings {
  readonly scan: Scan
  /** The key of the rule or measure, for messages. */
  readonly rule: string
  /** Segments that the same scan evaluates: the alias of their result. */
  readonly segments: ReadonlyMap<string, string>
  readonly consents: ReadonlyMap<Purpose, Population>
}

/** A rule as an expression that is 1, 0 or null (unknown) for a person; AND, OR and NOT of SQL are those of Kleene. */
export function ruleSql(rule: Rule, path: string, around: RuleSurroundings): string {
  if ('always' in rule) return '1'
  if ('and' in rule) return joined('AND', rule.and, `${path}and`, around)
  if ('or' in rule) return joined('OR', rule.or, `${path}or`, around)
  if ('not' in rule) return `(NOT ${ruleSql(rule.not, `${path}not.`, around)})`
  if ('segment' in rule) return segmentSql(rule.segment, around)
  if ('consent' in rule) return consentSql(rule.consent, around)
  if ('bucket' in rule) return bucketRuleSql(rule.bucket, around.scan)
  if ('sequence' in rule) return unsupported(around, `${path}sequence`, 'sequences are not evaluated yet')
  return `(${compare(measureSql(rule, path, around), rule, around.scan)})`
}

/** The value of a measure for a person. */
export function measureSql(measure: Measure, path: string, around: RuleSurroundings): Value {
  const { scan } = around
  if ('trait' in measure) return { kind: 'json', ...traitOf(measure.trait, scan) }
  if ('tag' in measure) return tagValue(measure.tag, scan)
  if ('ratio' in measure) return ratioSql(measure.ratio, path, around)
  refuseProfileZone(measure.within, `${path}within`, around)
  return measuredValue(measure, scan)
}

const joined = (operator: 'AND' | 'OR', rules: readonly Rule[], path: string, around: RuleSurroundings): string =>
  `(${rules.map((rule, index) => ruleSql(rule, `${path}[${index}].`, around)).join(` ${operator} `)})`

function unsupported({ rule }: RuleSurroundings, path: string, reason: string): never {
  throw RuleUnsupported.create({ rule, path, reason })
}

function refuseProfileZone(window: Window | undefined, path: string, around: RuleSurroundings): void {
  const local = window !== undefined && 'days' in window && window.zone === 'profile'
  if (local) unsupported(around, `${path}.zone`, 'the zone of the profile is not evaluated yet')
}

function tagValue(tag: string, scan: Scan): Value {
  scan.tags.add(tag)
  return { kind: 'json', many: false, sql: scan.aggregate(`anyIf(tag_value, tag = ${scan.bind('String', tag)})`) }
}

function segmentSql(segment: string, { scan, segments }: RuleSurroundings): string {
  const alias = segments.get(segment)
  if (alias !== undefined) return alias
  scan.segments.add(segment)
  return scan.aggregate(`countIf(segment = ${scan.bind('String', segment)}) > 0`)
}

function consentSql(purpose: Purpose, { scan, consents }: RuleSurroundings): string {
  const population = consents.get(purpose)
  if (population === undefined) throw RuleConsentUnknown.create({ purpose })
  const exceptions = scan.bind('Array(UInt64)', population.exceptions)
  return population.default ? `(profile NOT IN ${exceptions})` : `(profile IN ${exceptions})`
}

function bucketRuleSql({ salt, from, to }: Extract<Rule, { readonly bucket: unknown }>['bucket'], scan: Scan): string {
  const share = bucketSql(scan.bind('String', salt))
  return `(${share} >= ${scan.bind('Float64', from)} AND ${share} < ${scan.bind('Float64', to)})`
}

/** Without a number on either side, or by zero, there is no ratio. */
function ratioSql(ratio: readonly [Measured, Measured], path: string, around: RuleSurroundings): Value {
  const [over, by] = ratio.map((one, index) => {
    const { kind, sql } = measureSql(one, `${path}ratio[${index}].`, around)
    return kind === 'number' ? sql : numberOf(sql)
  })
  const divided = `${over} / nullIf(${by}, 0)`
  return { kind: 'number', sql: around.scan.aggregate(`if(isFinite(${divided}), ${divided}, NULL)`) }
}
