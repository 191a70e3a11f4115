/** Compiles packages and puts a tarball of each into a folder: `npm run pack -- <folder> [package ...]`, all public ones by default. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const [folder, ...names] = process.argv.slice(2)
if (folder === undefined) fail('usage: npm run pack -- <folder> [package ...]')

const destination = resolve(folder)
mkdirSync(destination, { recursive: true })
const chosen = names.length === 0 ? ['./packages/*', './plugins/*'] : names
const filters = chosen.map((name) => `--filter=${name}`)
run('turbo', ['run', 'build', ...filters, '--output-logs=errors-only', '--log-order=grouped'])
run('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', destination, '--json'])
process.stdout.write(
  readdirSync(destination)
    .map((file) => `${join(destination, file)}\n`)
    .join(''),
)

function run(command: string, args: readonly string[]): void {
  const { status, stdout } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  if (status !== 0) fail(`${stdout}\n${command} ${args[0]} failed`)
}

function fail(line: string): never {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}
