import type { Properties } from '@tenon/kernel/contracts'
import { z } from 'zod'
import { schemaProblems } from './guard-schema.ts'
import type { Schema, TrackingPlan } from './plan.ts'

export interface PlanProblem {
  readonly path: string
  readonly message: string
}

export type ParsedPlan =
  | { readonly ok: true; readonly plan: TrackingPlan }
  | { readonly ok: false; readonly problems: readonly PlanProblem[] }

const MAX_CHARACTERS = 1_000_000
const MAX_EVENTS = 2_000

const mode = z.enum(['allow', 'flag', 'quarantine'])
const schema = z.union([z.boolean(), z.record(z.string(), z.json())]) as z.ZodType<Schema>
const event = z
  .strictObject({
    type: z.enum(['track', 'identify', 'page', 'screen', 'group', 'alias']).default('track'),
    name: z.string().min(1).max(512).exactOptional(),
    version: z.int().min(1).max(1_000_000).default(1),
    mode: mode.exactOptional(),
    description: z.string().max(2_000).exactOptional(),
    properties: schema.exactOptional(),
    traits: schema.exactOptional(),
    context: schema.exactOptional(),
  })
  .refine(({ type, name }) => type !== 'track' || name !== undefined, { path: ['name'], message: 'a track event has a name' })
const plan = z.strictObject({
  sources: z.array(z.string().min(1).max(200)).min(1).max(100).exactOptional(),
  mode: mode.default('flag'),
  unplannedEvents: mode.default('allow'),
  unplannedProperties: mode.default('allow'),
  events: z.array(event).max(MAX_EVENTS).default([]),
})

/** Reads a plan that is trusted for nothing: its form, its size, and what its schemas could do to us. */
export function parsePlan(given: Properties): ParsedPlan {
  if (JSON.stringify(given).length > MAX_CHARACTERS) return refused('', `a plan has at most ${MAX_CHARACTERS} characters of JSON`)
  const read = plan.safeParse(given)
  if (!read.success) return { ok: false, problems: read.error.issues.map(({ path, message }) => ({ path: pathOf(path), message })) }
  const problems = [...repeated(read.data.events), ...read.data.events.flatMap(problemsOf)]
  return problems.length > 0 ? { ok: false, problems: problems.slice(0, 100) } : { ok: true, plan: Object.freeze(read.data) }
}

const refused = (path: string, message: string): ParsedPlan => ({ ok: false, problems: [{ path, message }] })

function problemsOf(planned: TrackingPlan['events'][number], index: number): readonly PlanProblem[] {
  return (['properties', 'traits', 'context'] as const).flatMap((part) => {
    const given = planned[part]
    return given === undefined
      ? []
      : schemaProblems(given).map(({ path, message }) => ({ path: `events[${index}].${part}${path}`, message }))
  })
}

function repeated(events: TrackingPlan['events']): readonly PlanProblem[] {
  const seen = new Set<string>()
  return events.flatMap(({ type, name, version }, index) => {
    const key = JSON.stringify([type, name, version])
    if (seen.has(key)) return [{ path: `events[${index}]`, message: 'this version of the event is there already' }]
    seen.add(key)
    return []
  })
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  )
