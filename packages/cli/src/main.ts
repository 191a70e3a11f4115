#!/usr/bin/env node
import process from 'node:process'
import { check } from './check.ts'
import type { Commands } from './command.ts'
import { inspect } from './inspect.ts'
import { runCli } from './run.ts'

const commands: Commands = { check, inspect }

process.exitCode = await runCli(process.argv.slice(2), commands, {
  env: process.env,
  cwd: process.cwd(),
  loadHost: async () => (await import('./standalone-host.ts')).standaloneHost,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
