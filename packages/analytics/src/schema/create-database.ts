import { openEngine } from '../engine/engine.ts'
import { interactive } from '../engine/limits.ts'
import { onCluster, type Topology } from './table.ts'

/** Makes the database that the address names, as the client reads it, where it is missing: who may not create any can bring their own. */
export async function createDatabase(clickhouseUrl: string, topology: Topology): Promise<void> {
  const url = new URL(clickhouseUrl)
  const name = url.pathname.slice(1)
  if (name === '' || name === 'default') return
  url.pathname = '/default'
  const engine = openEngine({ clickhouseUrl: url.href })
  try {
    const found = engine.query({
      operation: 'the databases',
      sql: 'SELECT 1 FROM system.databases WHERE name = {name:String}',
      params: { name },
      limits: interactive,
    })
    for await (const rows of found) if (rows.length > 0) return
    const sql = `CREATE DATABASE IF NOT EXISTS {name:Identifier}${onCluster(topology)}`
    await engine.command({ operation: 'create the database', sql, params: { name } })
  } finally {
    await engine.close()
  }
}
