import type { Measure, ProfileId, Rule, TagValue } from '@tenon/kernel/contracts'
import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { compileMeasures, compileRules, type Evaluation, type LiveRule } from '../rules/compile.ts'
import { decodeMeasured } from '../rules/decode.ts'

interface Signalled {
  readonly signal?: AbortSignal
}

export type RulesRequest = Evaluation & Signalled & { readonly rules: readonly LiveRule[] }

export type MeasuresRequest = Evaluation & Signalled & { readonly measures: Readonly<Record<string, Measure>> }

export type PreviewRequest = Omit<Evaluation, 'profiles'> &
  Signalled & {
    readonly rule: Rule
    /** How many of those that match to name; 20 without it. */
    readonly sample?: number
  }

export interface Preview {
  readonly size: number
  /** The same people each time, spread over all that match. */
  readonly sample: readonly ProfileId[]
}

/** Who matches which rule, by key, in one scan for all rules. Every key is there. */
export async function evaluateRules(query: WorkspaceQuery, request: RulesRequest): Promise<ReadonlyMap<string, readonly ProfileId[]>> {
  const members = request.rules.map((): ProfileId[] => [])
  if (request.rules.length > 0 && !nobody(request)) {
    const { sql, params } = compileRules(request)
    const pages = query.pages<{ profile: ProfileId; matched: readonly number[] }>({
      operation: 'the rules of segments and tags',
      sql,
      params,
      limits: batch,
      signal: request.signal,
    })
    for await (const page of pages) for (const { profile, matched } of page) for (const rule of matched) members[rule]?.push(profile)
  }
  return new Map(request.rules.map(({ key }, index) => [key, Object.freeze(members[index] ?? [])]))
}

/** Values of measures, page by page, in one scan for all measures. Whoever has an event is in it, also without any value. */
export async function* readMeasures(
  query: WorkspaceQuery,
  request: MeasuresRequest,
): AsyncGenerator<readonly { readonly profile: ProfileId; readonly values: Readonly<Record<string, TagValue>> }[]> {
  if (nobody(request)) return
  const { sql, params } = compileMeasures(request)
  const pages = query.pages<{ profile: ProfileId; values: readonly string[] }>({
    operation: 'measures',
    sql,
    params,
    limits: batch,
    signal: request.signal,
  })
  for await (const page of pages) {
    yield page.map(({ profile, values }) => Object.freeze({ profile, values: decodeMeasured(request.measures, values) }))
  }
}

/** How many people a rule holds for, and some of them. */
export async function previewRule(query: WorkspaceQuery, request: PreviewRequest): Promise<Preview> {
  const { sql, params } = compileRules({ ...request, rules: [{ key: 'preview', rule: request.rule }] })
  const [row] = await query.rows<{ size: number; sample: readonly ProfileId[] }>({
    operation: 'the preview of a rule',
    sql: `SELECT count() AS size, arrayMap(one -> one.2, groupArraySorted(${sampleSize(request.sample)})(tuple(cityHash64(profile), profile))) AS sample
FROM (
${sql}
)`,
    params,
    signal: request.signal,
  })
  return Object.freeze({ size: row?.size ?? 0, sample: Object.freeze(row?.sample ?? []) })
}

const LARGEST_SAMPLE = 1_000

/** A whole number, since the engine takes no parameter there. */
const sampleSize = (asked = 20): number => Math.min(LARGEST_SAMPLE, Math.max(1, Math.trunc(asked) || 1))

/** Asking about no profiles is not asking about everybody. */
const nobody = ({ profiles }: Evaluation): boolean => profiles !== undefined && profiles.length === 0
