import type { Json } from '@tenon/kernel/contracts'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { AppliedStep, CopiedTable, SequenceValue, StoreSnapshot, StreamMark } from './backups.ts'
import { columnList, copiedTables, digestTable, tableName } from './copied-tables.ts'
import { onDirectConnection } from './direct-connection.ts'

/**
 * Two connections: one holds everybody who opens or closes batches or joins people up for a moment, the other takes its snapshot
 * in that moment and keeps it.
 */
export const takeSnapshot = <T>(databaseUrl: string, run: (snapshot: StoreSnapshot) => Promise<T>, signal?: AbortSignal): Promise<T> => {
  const reading = async (reader: pg.Client): Promise<T> => {
    const marks = await onDirectConnection(databaseUrl, async (holder) => {
      await holder.query(`begin; ${QUIET}`)
      try {
        await reader.query('begin isolation level repeatable read, read only')
        return await readMarks(reader)
      } finally {
        await holder.query('rollback')
      }
    })
    const tables = await copiedTables(reader)
    const result = await run({
      ...marks,
      tables,
      keyValues: async (key) => {
        const { rows } = await reader.query<{ workspace: string; value: Json }>(
          'select workspace, value from tenon.key_values where key = $1',
          [key],
        )
        return new Map(rows.map(({ workspace, value }) => [workspace, value]))
      },
      digest: (table) => digestTable(reader, table),
      rows: (table) => copyOut(reader, table),
      sequences: () => readSequences(reader),
    })
    await reader.query('commit')
    return result
  }
  return onDirectConnection(databaseUrl, reading, signal)
}

/** Waits for whoever is at it, and fails rather than hold everybody up behind a transaction that does not end. */
const QUIET = `set local lock_timeout = '15s';
  lock table tenon.ingest_streams, tenon.ingest_open_batches, tenon.merges, tenon.unmerges in share mode`

/** Sequences know no transactions: read while nobody takes from them, they are of the snapshot all the same. */
async function readMarks(
  client: pg.ClientBase,
): Promise<Pick<StoreSnapshot, 'migrations' | 'streams' | 'lastBatch' | 'openBatches' | 'lastEntry'>> {
  const migrations = await client.query<AppliedStep>('select scope, step, checksum from tenon.migrations order by scope, step')
  const streams = await client.query<StreamMark>(
    `select stream, position, greatest(position, (select max(to_position) from tenon.ingest_open_batches open where open.stream = streams.stream))
       as "openTo" from tenon.ingest_streams streams order by stream`,
  )
  const open = await client.query<{ batch: number }>('select batch from tenon.ingest_open_batches order by batch')
  const last = await client.query<{ batch: number; entry: number }>(
    `select coalesce(pg_sequence_last_value('tenon.ingest_batches'), 0) as batch,
       coalesce(pg_sequence_last_value(pg_get_serial_sequence('tenon.merges', 'id')::regclass), 0) as entry`,
  )
  return {
    migrations: migrations.rows,
    streams: streams.rows,
    openBatches: open.rows.map(({ batch }) => batch),
    lastBatch: last.rows[0]?.batch ?? 0,
    lastEntry: last.rows[0]?.entry ?? 0,
  }
}

const copyOut = (client: pg.ClientBase, table: CopiedTable): AsyncIterable<Uint8Array> =>
  client.query(copyTo(`copy ${tableName(table)} (${columnList(table)}) to stdout`))

async function readSequences(client: pg.ClientBase): Promise<readonly SequenceValue[]> {
  const { rows } = await client.query<SequenceValue>(
    `select schemaname as schema, sequencename as name, coalesce(last_value, 0) as last from pg_sequences
     where (schemaname = 'tenon' or schemaname like 'plugin:%') order by 1, 2`,
  )
  return rows
}
