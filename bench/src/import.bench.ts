import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { startEmbedded } from '@tenon/embedded'
import { random } from '@tenon/testing/generator'
import type { Bench, BenchContext, Result } from './bench.ts'
import { beginImport, untilRead } from './import/ask-import.ts'
import { imported } from './import/imported.ts'
import { FORMATS, type Format, mappingOf, writeRows } from './import/write-rows.ts'
import { inFolder } from './load/in-folder.ts'
import { freePort, type ServerProcess, startServer } from './load/server-process.ts'

const SEED = 20260401

/**
 * Rows of a file a second, from the request until the engine holds the last of them, with mapping, log, dedup, identity and consent
 * done, format by format. Then a file whose server is killed with -9 again and again while it reads: the engine is asked which rows
 * it holds, and how often. `--rows=` and `--kills=` change how many.
 */
export const bench: Bench = {
  summary: 'rows of CSV, NDJSON and Parquet files a second; rows that are lost or doubled when the server is killed meanwhile',
  zero: ['lost', 'doubled'],
  run: (context) => inFolder('import', (folder) => importAll(folder, context)),
}

async function importAll(folder: string, { smoke, args, log }: BenchContext): Promise<readonly Result[]> {
  const rows = numberIn(args, 'rows') ?? (smoke ? 2_000 : 500_000)
  const kills = numberIn(args, 'kills') ?? (smoke ? 1 : 5)
  const files = join(folder, 'imports')
  await mkdir(files)
  const stores = await startEmbedded({ dir: join(folder, 'stores') })
  const { databaseUrl, clickhouseUrl } = stores
  const engine = createClient({ url: clickhouseUrl, request_timeout: 300_000, log: { level: ClickHouseLogLevel.OFF } })
  const port = await freePort()
  const start = (): Promise<ServerProcess> => startServer({ dataDir: folder, port, databaseUrl, clickhouseUrl })
  const server = await start()
  const round = { server, engine, files, log }
  try {
    const timed = await timeFormats({ ...round, rows })
    // A file that is read in a moment can not be killed in the middle.
    const resumed = await killAndResume({ ...round, start, rows: smoke ? rows * 8 : rows, kills })
    return [...timed, resumed]
  } finally {
    await server.kill()
    await engine.close()
    await stores.stop()
  }
}

interface Round {
  readonly server: ServerProcess
  readonly engine: ClickHouseClient
  readonly files: string
  readonly rows: number
  readonly log: BenchContext['log']
}

async function timeFormats({ server, engine, files, rows, log }: Round): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const format of Object.keys(FORMATS) as readonly Format[]) {
    const file = `orders.${format}`
    await writeRows(engine, { path: join(files, file), format, rows, seed: SEED })
    const began = performance.now()
    await untilRead(server, await beginImport(server, { source: { file }, mapping: mappingOf(file) }))
    const readSeconds = (performance.now() - began) / 1_000
    await server.caughtUp()
    const seconds = (performance.now() - began) / 1_000
    const held = await imported(engine, file)
    if (held.events !== rows || held.rows !== rows) throw new Error(`${format}: ${held.rows} of ${rows} rows are ${held.events} events`)
    log(`${format}: read in ${readSeconds.toFixed(1)} s, stored in ${seconds.toFixed(1)} s`)
    results.push({ bench: 'import', rows, format, rows_per_s: Math.round(rows / seconds) })
  }
  return results
}

async function killAndResume({
  server: first,
  start,
  engine,
  files,
  rows,
  kills,
  log,
}: Round & { readonly start: () => Promise<ServerProcess>; readonly kills: number }): Promise<Result> {
  const chance = random(SEED)
  const file = 'killed.csv'
  await writeRows(engine, { path: join(files, file), format: 'csv', rows, seed: SEED + 1 })
  let server = first
  try {
    const id = await beginImport(server, { source: { file }, mapping: mappingOf(file) })
    const share = rows / (kills + 1)
    for (let kill = 1; kill <= kills; kill += 1) {
      // Somewhere in a share of its own, so that each life reads something.
      const now = await untilRead(server, id, Math.round((kill - 1 + chance.integer(20, 90) / 100) * share) + 1)
      if (now.state === 'done') throw new Error('the import was done before it could be killed: give it more --rows')
      await server.kill()
      log(`killed after ${now.progress.rows} of ${rows} rows; another process may go on 15 s later`)
      server = await start()
    }
    await untilRead(server, id)
    await server.caughtUp()
    const held = await imported(engine, file)
    return { bench: 'import', rows, format: 'csv', kills, lost: rows - held.rows, doubled: held.events - held.rows }
  } finally {
    await server.kill()
  }
}

const numberIn = (args: readonly string[], name: string): number | undefined => {
  const given = args.find((arg) => arg.startsWith(`--${name}=`))
  return given === undefined ? undefined : Number(given.slice(name.length + 3))
}
