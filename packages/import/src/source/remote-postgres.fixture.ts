import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { startPostgres } from '@tenon/embedded'
import pg from 'pg'
import type { Connection } from './connections.ts'
import { openFolder } from './open-folder.fixture.ts'
import { quoteText } from './remote-sql.ts'

export interface RemoteDatabase {
  readonly connection: Extract<Connection, { readonly database: string }>
  close(): Promise<void>
}

/** A Postgres as it is elsewhere: it answers on a port, and lets nobody in without their password (SCRAM-SHA-256). The user may only read. */
export async function startRemotePostgres(request: {
  readonly password: string
  /** Run by the owner of the database, in order. */
  readonly setUp: readonly string[]
}): Promise<RemoteDatabase> {
  const { password, setUp } = request
  const dir = await openFolder('tenon-remote-postgres-')
  const rules = join(dir, 'pg_hba.conf')
  await writeFile(rules, 'local all tenon trust\nlocal all all scram-sha-256\n', { mode: 0o644 })
  const server = await startPostgres({ dir: join(dir, 'cluster'), settings: { hba_file: rules } })
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  for (const sql of setUp) await client.query(sql)
  await client.query(`create role reader login password ${quoteText('postgres', password)}; grant pg_read_all_data to reader`)
  await client.end()

  // The embedded server listens on its socket alone; whoever imports comes over a wire.
  const socket = join(decodeURIComponent(/@([^/]+)/.exec(server.url)?.[1] ?? ''), '.s.PGSQL.5432')
  const wire = createServer((near) => {
    const far = connect(socket)
    for (const end of [near, far]) end.on('error', () => end.destroy())
    near.pipe(far).pipe(near)
  })
  wire.listen(0, '127.0.0.1')
  await once(wire, 'listening')
  const { port } = wire.address() as AddressInfo
  return {
    connection: { kind: 'postgres', host: '127.0.0.1', port, database: 'tenon', user: 'reader', password },
    async close() {
      wire.close()
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
