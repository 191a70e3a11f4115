import { findSegmentCycle, type Measure, type ProfileId, type Purpose, type Rule } from '@tenon/kernel/contracts'
import type { Fragment, Population } from '../sources.ts'
import type { Value } from './compare.ts'
import { RuleSegmentCycle, RuleZoneUnknown } from './errors.ts'
import { mayHoldWithoutEvidence } from './evidence.ts'
import { filtered, isScalar } from './json-sql.ts'
import { measureSql, type RuleSurroundings, ruleSql } from './rule-sql.ts'
import { Scan } from './scan.ts'
import { scanSql } from './scan-sql.ts'

/** When, for whom and about whom: what rules and measures have in common. */
export interface Evaluation {
  readonly asOf: Date
  /** IANA name of the zone of the workspace; UTC without one. */
  readonly zone?: string
  /** Everybody who has an event without it. Asked profiles are evaluated whether they have events or not. */
  readonly profiles?: readonly ProfileId[]
  /** Of asked profiles, only those who have an event: the answer is then the part of everybody's answer that is about them. */
  readonly knownOnly?: boolean
  /** Who may be processed; others are left out of the answer. */
  readonly population?: Population
  /** For each purpose that a rule asks about, who has agreed. */
  readonly consents?: ReadonlyMap<Purpose, Population>
}

export interface LiveRule {
  /** Names the rule in messages. */
  readonly key: string
  readonly rule: Rule
  /** The segment that the rule defines: other rules of the scan see its members as of the same instant, not as last told. */
  readonly segment?: string
}

/**
 * One query for all rules, over one grouped scan. Rows are `profile` and `matched`, the positions of the rules that hold
 * (never empty). Throws coded errors for what can not be evaluated.
 *
 * @example
 * ```ts
 * const { sql, params } = compileRules({ rules: [{ key: 'loyal', rule }], asOf: clock.now() })
 * // rows: { profile: 17, matched: [0] }
 * ```
 */
export function compileRules(request: Evaluation & { readonly rules: readonly LiveRule[] }): Fragment {
  const scan = scanOf(request)
  const defined = request.rules.flatMap(({ segment, rule }) => (segment === undefined ? [] : [[segment, rule] as const]))
  const cycle = findSegmentCycle(new Map(defined))
  if (cycle !== undefined) throw RuleSegmentCycle.create({ segments: cycle })
  const segments = new Map(request.rules.flatMap(({ segment }, index) => (segment === undefined ? [] : [[segment, `r${index}`] as const])))
  const results = request.rules.map(({ key, rule }, index) => {
    const sql = ruleSql(rule, '', surroundings(request, scan, key, segments))
    return `toUInt8(ifNull(${sql}, 0)) AS r${index}`
  })
  const events = scanSql(scan, { ...scopeOf(request), everyEvent: needsEveryEvent(request.rules, scan) })
  const matched = `arrayFilter((i, m) -> m, range(${results.length + 1}), [${[...results.map((_, index) => `r${index}`), '0'].join(', ')}])`
  return frozen({
    sql: `SELECT profile, ${matched} AS matched
FROM (
  SELECT ${['profile', ...results].join(',\n    ')}
  FROM (
  ${events.sql}
  )
)
WHERE notEmpty(matched)${SETTINGS}`,
    params: events.params,
  })
}

/**
 * One query for all measures, over one grouped scan. Rows are `profile` and `values`: JSON texts in the order of the
 * measures, empty where there is no value. `decodeMeasured` reads them.
 */
export function compileMeasures(request: Evaluation & { readonly measures: Readonly<Record<string, Measure>> }): Fragment {
  const scan = scanOf(request)
  const values = Object.entries(request.measures).map(([key, measure]) =>
    jsonOf(measureSql(measure, '', surroundings(request, scan, key, new Map()))),
  )
  const events = scanSql(scan, { ...scopeOf(request), everyEvent: true })
  return frozen({
    sql: `SELECT profile, [${["''", ...values].join(',\n  ')}] AS values
FROM (
  ${events.sql}
)${SETTINGS}`,
    params: events.params,
  })
}

/** A hundred rules are far larger than what people write by hand. */
const SETTINGS = `
SETTINGS max_ast_elements = 2000000, max_expanded_ast_elements = 10000000, max_query_size = 100000000`

function scanOf({ asOf, zone = 'UTC' }: Evaluation): Scan {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
  } catch (cause) {
    throw RuleZoneUnknown.create({ zone }, cause)
  }
  return new Scan(asOf, zone)
}

const surroundings = (request: Evaluation, scan: Scan, rule: string, segments: ReadonlyMap<string, string>): RuleSurroundings => ({
  scan,
  rule,
  segments,
  consents: request.consents ?? new Map(),
})

const scopeOf = ({ profiles, population, knownOnly = false }: Evaluation) => ({ asked: profiles, population, knownOnly })

/** Tags and memberships do not prove that a person exists, so events must; and what may hold without any needs all of them. */
const needsEveryEvent = (rules: readonly LiveRule[], scan: Scan): boolean =>
  scan.tags.size > 0 || scan.segments.size > 0 || rules.some(({ rule }) => mayHoldWithoutEvidence(rule))

function jsonOf(value: Value): string {
  if (value.kind === 'number') return `if(isNull(${value.sql}), '', toJSONString(assumeNotNull(${value.sql})))`
  if (!value.many) return value.sql
  return `concat('[', arrayStringConcat(${filtered(value, isScalar)}, ','), ']')`
}

const frozen = ({ sql, params }: Fragment): Fragment => Object.freeze({ sql, params: Object.freeze(params) })
