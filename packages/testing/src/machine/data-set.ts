import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Surroundings, skipReason, thisMachine } from './skip-reason.ts'

export interface DataSet {
  readonly path: string
  /** Why a suite that reads it is skipped; undefined where it is there. */
  readonly missing: string | undefined
}

/**
 * A file or folder of public data below the one that `TENON_DATASETS` names. No package brings such a folder and nobody has to have one: without
 * the variable a suite may be skipped even where `TENON_REQUIRE_ALL` is 1. A folder that is named must have what is asked for.
 */
export function dataSet(
  { name, suite }: { readonly name: string; readonly suite: string },
  { env, say }: Surroundings = thisMachine,
): DataSet {
  const folder = env.TENON_DATASETS || undefined
  const path = join(folder ?? '', name)
  const found = folder !== undefined && existsSync(path) ? path : undefined
  const reason = `TENON_DATASETS names no folder with ${name}`
  return { path, missing: skipReason({ suite, found, reason }, { env: folder === undefined ? {} : env, say }) }
}
