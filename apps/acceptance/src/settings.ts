import { parseArgs } from 'node:util'

export interface Settings {
  /** The run that is asked for, such as `online-retail`. */
  readonly run: string
  /** Only the first lines of the input; all of them where undefined. */
  readonly limit: number | undefined
  /** The folder of data sets; undefined where nobody named one. */
  readonly datasets: string | undefined
}

export function readSettings(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Settings {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { lines: { type: 'string' } } })
  const limit = values.lines === undefined ? undefined : Number(values.lines)
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1)) throw new Error(`--lines: '${values.lines}' is not a number of lines`)
  return { run: positionals[0] ?? 'online-retail', limit, datasets: env.TENON_DATASETS || undefined }
}
