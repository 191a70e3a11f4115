import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ConfigSchema } from '../plugin/config.ts'
import type { Use } from '../plugin/edition.ts'
import { type Outcome, withDeadline } from './deadline.ts'
import { type Environment, resolveEnv } from './env.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import { freezePlain, mergePlain, type Path } from './plain.ts'
import type { Problem } from './problem.ts'
import { redactSecrets, secretsIn } from './secrets.ts'

/** The configuration of one instance, validated and frozen. */
export interface InstanceConfig {
  readonly value: unknown
  /** What single workspaces have instead. */
  readonly workspaces: ReadonlyMap<string, unknown>
  /** The same two without secrets. */
  readonly printed: unknown
  readonly printedWorkspaces: Readonly<Record<string, unknown>>
}

export interface ConfigReading {
  /** Present when there are no problems. */
  readonly config?: InstanceConfig
  readonly problems: readonly Problem[]
  readonly secrets: readonly string[]
}

/** Resolves the environment, merges what workspaces have otherwise, and validates each result. Never throws. */
export async function readConfig(request: {
  readonly use: Use
  readonly schema: ConfigSchema
  readonly env: Environment
  readonly limitMs: number
}): Promise<ConfigReading> {
  const { use, schema, env, limitMs } = request
  const input = jsonSchemaOf(schema, 'input')
  if (input === undefined)
    return { problems: [problemAt(use, 'config', [], 'its schema can not print itself as JSON Schema')], secrets: [] }
  const output = jsonSchemaOf(schema, 'output')
  const schemas = output === undefined ? [input] : [input, output]
  const read = (place: string, layers: readonly unknown[]): Promise<Reading> =>
    readOne({ use, schema, input, schemas, env, limitMs, place, layers })

  const base = await read('config', [use.config])
  const workspaces = new Map<string, Reading>()
  for (const [workspace, over] of Object.entries(use.workspaces)) {
    workspaces.set(workspace, await read(`workspaces.${workspace}`, [use.config, over]))
  }
  const readings = [base, ...workspaces.values()]
  const problems = withoutEchoes(
    base.problems,
    [...workspaces.values()].flatMap((reading) => reading.problems),
  )
  const secrets = readings.flatMap((reading) => reading.secrets)
  if (problems.length > 0) return { problems, secrets }
  const entries = [...workspaces].map(([workspace, { value }]) => [workspace, value] as const)
  return {
    problems,
    secrets,
    config: Object.freeze({
      value: base.value,
      workspaces: new Map(entries),
      printed: redactSecrets(base.value, schemas),
      printedWorkspaces: Object.fromEntries(entries.map(([workspace, value]) => [workspace, redactSecrets(value, schemas)])),
    }),
  }
}

interface Reading {
  readonly value: unknown
  readonly problems: readonly PlacedProblem[]
  readonly secrets: readonly string[]
}

/** Knows its path below the configuration, so that a workspace need not repeat what the base already said. */
interface PlacedProblem extends Problem {
  readonly key: string
}

async function readOne(request: {
  readonly use: Use
  readonly schema: ConfigSchema
  readonly input: JsonSchema
  readonly schemas: readonly JsonSchema[]
  readonly env: Environment
  readonly limitMs: number
  readonly place: string
  /** Merged one over the other, after the environment has been put in. */
  readonly layers: readonly unknown[]
}): Promise<Reading> {
  const { use, schema, input, schemas, env, limitMs, place } = request
  const resolved = request.layers.map((layer) => resolveEnv(layer, env, input))
  const raw = resolved.map(({ value }) => value).reduce(mergePlain)
  const missing = resolved.flatMap((layer) => layer.missing)
  const unset = missing.map(({ path, variable }) => problemAt(use, place, path, `the environment variable ${variable} is not set`))
  const outcome = await withDeadline({ limitMs, run: () => schema['~standard'].validate(raw) })
  const { value, issues } = readOutcome(outcome, limitMs)
  const problems = issues
    .filter(({ path }) => !missing.some((gap) => startsWith(path, gap.path)))
    .map(({ path, message }) => problemAt(use, place, path, message))
  const secrets = [...secretsIn(raw, schemas), ...secretsIn(value, schemas)]
  return { value: freezePlain(value), problems: [...unset, ...problems], secrets }
}

interface Issue {
  readonly path: Path
  readonly message: string
}

function readOutcome(outcome: Outcome<StandardSchemaV1.Result<unknown>>, limitMs: number): { value?: unknown; issues: readonly Issue[] } {
  switch (outcome.kind) {
    case 'done':
      if (outcome.value.issues === undefined) return { value: outcome.value.value, issues: [] }
      return { issues: outcome.value.issues.map((issue) => ({ path: pathOf(issue), message: issue.message })) }
    case 'failed':
      return { issues: [{ path: [], message: `its schema threw: ${String(outcome.error)}` }] }
    default:
      return { issues: [{ path: [], message: `its schema did not finish in ${limitMs} ms` }] }
  }
}

const pathOf = (issue: StandardSchemaV1.Issue): Path =>
  (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part)).map((key) => (typeof key === 'number' ? key : String(key)))

const startsWith = (path: Path, prefix: Path): boolean => prefix.every((key, index) => String(path[index]) === String(key))

const problemAt = (use: Use, place: string, path: Path, problem: string): PlacedProblem => ({
  instance: use.as,
  kind: 'config',
  path: [place, ...path].join('.'),
  problem,
  key: `${path.join('.')}: ${problem}`,
})

/** What is wrong for everyone is told once. */
function withoutEchoes(base: readonly PlacedProblem[], others: readonly PlacedProblem[]): readonly Problem[] {
  const told = new Set(base.map(({ key }) => key))
  return [...base, ...others.filter(({ key }) => !told.has(key))].map(({ key, ...problem }) => problem)
}
