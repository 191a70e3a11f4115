import type { MigrationSet, Migrations } from '../plugin/migrations.ts'

export interface MigrationStep<Db> {
  readonly number: number
  readonly name: string
  readonly step: MigrationSet<Db>['steps'][`${number}_${string}`]
}

/** The steps of a set in the order of their numbers. */
export function orderedSteps<Db>(set: MigrationSet<Db>): readonly MigrationStep<Db>[] {
  return Object.entries(set.steps)
    .map(([name, step]) => ({ number: Number(name.split('_', 1)[0]), name, step }))
    .sort((left, right) => left.number - right.number)
}

/** What is wrong with a plugin's migrations, each with the place it is at. */
export function migrationProblems(migrations: Migrations): readonly { readonly path: string; readonly problem: string }[] {
  const unknown = Object.keys(migrations).filter((store) => store !== 'postgres')
  return [
    ...unknown.map((store) => ({ path: `migrations.${store}`, problem: 'there is no such store: a plugin keeps its state in postgres' })),
    ...setProblems('postgres', migrations.postgres),
  ]
}

function setProblems<Db>(
  store: keyof Migrations,
  set: MigrationSet<Db> | undefined,
): { readonly path: string; readonly problem: string }[] {
  if (set === undefined) return []
  const numbers = new Map<number, string>()
  return orderedSteps(set).flatMap(({ number, name, step }) => {
    const path = `migrations.${store}.${name}`
    const earlier = numbers.get(number)
    numbers.set(number, name)
    return [
      ...(/^\d+_\w+$/.test(name) ? [] : [{ path, problem: 'its name is not <number>_<name>' }]),
      ...(earlier === undefined ? [] : [{ path, problem: `has the same number as '${earlier}'` }]),
      ...(isStep(step) ? [] : [{ path, problem: 'is neither { sql } nor { up, checksum }' }]),
    ]
  })
}

function isStep(step: unknown): boolean {
  if (typeof step !== 'object' || step === null) return false
  if ('sql' in step) return typeof step.sql === 'string'
  return 'up' in step && typeof step.up === 'function' && 'checksum' in step && typeof step.checksum === 'string'
}
