import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { skipReason } from '@tenon/testing'
import { freePort } from './free-port.fixture.ts'
import { openFolder } from './open-folder.fixture.ts'
import type { RemoteDatabase } from './remote-postgres.fixture.ts'

const mariadbd = ['/usr/sbin/mariadbd', '/usr/libexec/mysqld'].find((path) => spawnSync(path, ['--version']).status === 0)

/** Whether this machine has what stands for MySQL in tests: a MariaDB. */
export const hasMySql =
  skipReason({
    suite: 'imports from MySQL',
    found: mariadbd,
    reason: 'this machine has no mariadbd (scripts/ci/machine.sh installs it)',
  }) === undefined

/** A MariaDB with the database `shop` and a user who has a password and may only read. */
export async function startRemoteMySql(request: {
  /** Letters and digits. */
  readonly password: string
  /** Statements that make what is in it. */
  readonly setUp: readonly string[]
}): Promise<RemoteDatabase> {
  const { password, setUp } = request
  const dir = await openFolder('tenon-remote-mysql-')
  const data = join(dir, 'data')
  await mkdir(data)
  await chmod(data, 0o777)
  const tables = await Promise.all(
    ['mysql_system_tables.sql', 'mysql_system_tables_data.sql'].map((name) => readFile(join('/usr/share/mysql', name), 'utf8')),
  )
  const init = join(dir, 'init.sql')
  const sql = [
    ...['SET NAMES utf8mb4;', 'CREATE DATABASE shop CHARACTER SET utf8mb4;', ...setUp.map((statement) => `${statement};`)],
    // Grants are not checked before there are tables of them.
    ...['CREATE DATABASE mysql;', 'USE mysql;', ...tables, 'FLUSH PRIVILEGES;'],
    ...[`CREATE USER reader@'%' IDENTIFIED BY '${password}';`, "GRANT SELECT ON shop.* TO reader@'%';"],
  ]
  await writeFile(init, sql.join('\n'), { mode: 0o644 })

  const port = await freePort()
  const paths = [`--datadir=${data}`, `--socket=${join(data, 's')}`, `--pid-file=${join(data, 'pid')}`, `--init-file=${init}`]
  const user = process.getuid?.() === 0 ? ['--user=nobody'] : []
  if (user.length > 0) spawnSync('chown', ['nobody', data])
  const small = ['--skip-grant-tables', '--skip-log-bin', '--innodb-buffer-pool-size=16M', '--character-set-server=utf8mb4']
  const child = spawn(mariadbd ?? '', ['--no-defaults', `--port=${port}`, '--bind-address=127.0.0.1', ...paths, ...user, ...small], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said: string[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line)
      if (line.startsWith('ERROR')) reject(new Error(line))
      if (line.includes('ready for connections')) resolve()
    })
    child.once('exit', () => reject(new Error(said.slice(-5).join('\n'))))
  })
  return {
    connection: { kind: 'mysql', host: '127.0.0.1', port, database: 'shop', user: 'reader', password },
    async close() {
      child.removeAllListeners('exit')
      const ended = once(child, 'exit')
      child.kill()
      await ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}
