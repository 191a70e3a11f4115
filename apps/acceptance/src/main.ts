import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { onlineRetailRun } from './online-retail-run.ts'
import { readSettings } from './settings.ts'

const file = 'commerce/online_retail.csv.xz'

async function main(): Promise<number> {
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const { run, limit, datasets } = readSettings(process.argv.slice(2), process.env)
  if (run !== 'online-retail') {
    process.stderr.write(`acceptance: there is no run '${run}'; there is: online-retail\n`)
    return 2
  }
  if (datasets === undefined || !existsSync(join(datasets, file))) {
    say(`acceptance online-retail: skipped, ${datasets === undefined ? 'TENON_DATASETS is not set' : `TENON_DATASETS has no ${file}`}`)
    return 0
  }
  const result = await onlineRetailRun({ file: join(datasets, file), say, ...(limit === undefined ? {} : { limit }) })
  say(JSON.stringify(result))
  return result.failed === 0 ? 0 : 1
}

// Whoever stops the run stops the server that it started, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

process.exitCode = await main()
