#!/usr/bin/env node
// Makes a fresh clone runnable with only Node 18 or newer and npm: brings the pinned Node and pnpm
// (tools/package-lock.json, by integrity) into .tools/, installs the workspace from pnpm-lock.yaml,
// then runs the command after "--". Each step is skipped when its lock file is unchanged, so the
// second run needs no network.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

const say = (line) => console.error(`tenon: ${line}`)

function fail(line) {
  say(line)
  process.exit(1)
}

function digest(...files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

// npm describes itself in npm_* variables, and pnpm would read some of them as its own settings.
// Registry, proxy and certificate settings of the user stay.
function withoutNpm(env) {
  const own =
    /^npm_(package|lifecycle|command|node|execpath|config_(user_agent|local_prefix|global_prefix|prefix|noproxy|globalconfig|userconfig|init_module|node_gyp|nodedir|npm_version|cache|omit_lockfile|fund|audit|update_notifier|yes))/i
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)))
}

function run(command, args, { cwd = root, env }) {
  const result = spawnSync(command, args, { stdio: 'inherit', cwd, env })
  if (result.error) fail(`could not run ${command}: ${result.error.message}`)
  if (result.signal) process.kill(process.pid, result.signal)
  if (result.status !== 0) process.exit(result.status ?? 1)
}

function installTools(id) {
  const home = join(root, '.tools', id)
  if (existsSync(home)) return home
  say('bringing the pinned Node 24 and pnpm into .tools/ (about 90 MB, once)')
  const partial = `${home}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(root, 'tools', file), join(partial, file))
  const npm = /npm-cli\.[cm]?js$/.test(process.env.npm_execpath ?? '') ? [process.execPath, process.env.npm_execpath] : ['npm']
  // None of the pinned tools needs an install script.
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  run(npm[0], [...npm.slice(1), ...flags], { cwd: partial, env: process.env })
  try {
    renameSync(partial, home)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    if (!existsSync(home)) throw error // another start was faster: use what it installed
  }
  return home
}

function toolPath(home) {
  const modules = join(home, 'node_modules')
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const node = join(modules, `node-${platform}-${process.arch}`, 'bin')
  const wanted = Number(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.match(/\d+/)[0])
  if (!existsSync(node) && Number(process.versions.node.split('.')[0]) < wanted) {
    fail(`needs Node ${wanted}; none is packaged for ${process.platform}-${process.arch}, please install it first`)
  }
  // The native pnpm first; .bin/pnpm finds the same program through a Node start.
  const native = join(modules, '@pnpm', `exe.${process.platform}-${process.arch}`)
  return [join(root, 'node_modules', '.bin'), node, native, join(modules, '.bin')].filter(
    (entry) => existsSync(entry) || entry.startsWith(join(root, 'node_modules')),
  )
}

function installWorkspace(id, env) {
  const stamp = join(root, 'node_modules', '.tenon-install')
  const key = `${id}:${digest(join(root, 'pnpm-lock.yaml'))}`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return
  say('installing the workspace from pnpm-lock.yaml')
  run('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn'], { env })
  writeFileSync(stamp, key)
}

function runCommand([command, ...args], env) {
  const child = spawn(command, args, { stdio: 'inherit', cwd: process.cwd(), env })
  // npm does not pass SIGTERM on: a signal that reaches only this process must still reach the server.
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  // Whoever stops npm alone means what npm runs.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event) setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 1_000).unref()
  child.on('error', (error) => fail(`could not run ${command}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

const id = digest(join(root, 'tools', 'package.json'), join(root, 'tools', 'package-lock.json'))
const path = toolPath(installTools(id))
const env = { ...withoutNpm(process.env), PATH: [...path, process.env.PATH].join(delimiter), TURBO_TELEMETRY_DISABLED: '1' }
installWorkspace(id, env)
const separator = process.argv.indexOf('--')
if (separator >= 0 && process.argv.length > separator + 1) runCommand(process.argv.slice(separator + 1), env)
