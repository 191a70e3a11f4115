import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CliUsage, type Command, type CommandContext } from '@tenon/cli'
import { type Json, parseJson } from '@tenon/kernel/contracts'
import { progressBar } from './progress-bar.ts'

const POLL_MS = 250
/** How long the last rows may take from the log to the stores, before somebody who waits is told how many still wait. */
const PATIENCE_MS = 20_000

interface Progress {
  readonly rows: number
  readonly totalRows: number | null
  readonly accepted: number
  readonly failed: number
  /** Of an older server absent, of an import of before it was counted null. */
  readonly became?: { readonly stored: number; readonly duplicate: number; readonly failed: number; readonly dropped: number } | null
}

interface ImportView {
  readonly id: string
  readonly state: string
  readonly progress: Progress
  readonly error: { readonly code: string; readonly message: string } | null
}

interface PreviewView {
  readonly rows: readonly {
    readonly raw: Json
    readonly event?: Json
    readonly problem?: { readonly code: string; readonly message: string }
  }[]
  readonly problems: readonly { readonly path: string; readonly message: string }[]
}

/** `tenon import`: sends a file to a running server, or names what that can reach, and shows how far the import is. */
export const importCommand: Command = {
  summary: 'import a file or an address; TENON_URL and TENON_API_KEY name the server',
  usage:
    '<file|url|connection:table> --mapping <file> [--preview] [--key <name>] [--format <name>] [--key-column <name>] [--max-failures <n>] [--detach]',
  async run(context) {
    const { values, from } = readArguments(context)
    const { out, err, cwd } = context
    const call = caller(context)
    const mapping = await readMapping(resolve(cwd, values.mapping))
    const source = {
      ...(await sourceOf(from, values['key-column'], context)),
      ...(values.format === undefined ? {} : { format: values.format }),
    }
    const key = values.key ?? ('upload' in source ? source.upload : undefined)
    const request = { source, mapping, ...(key === undefined ? {} : { key }) }
    if (values.preview) return showPreview(await call<PreviewView>('POST', '/v1/imports/preview', request), out)

    const maxFailures = values['max-failures'] === undefined ? {} : { maxFailures: Number(values['max-failures']) }
    const made = await call<ImportView>('POST', '/v1/imports', { ...request, ...maxFailures })
    if (values.detach) {
      out(`${made.id}\n`)
      return 0
    }
    const ended = await follow(made.id, call)
    const { rows, accepted, failed } = ended.progress
    out(`${ended.state}: ${rows} rows read, ${accepted} accepted, ${failed} failed\n`)
    if (ended.error !== null) err(`${ended.error.code}: ${ended.error.message}\n`)
    out(await becameOf(ended, call))
    return ended.state === 'done' ? 0 : 1
  },
}

function readArguments({ args }: CommandContext) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        mapping: { type: 'string' },
        preview: { type: 'boolean', default: false },
        detach: { type: 'boolean', default: false },
        key: { type: 'string' },
        format: { type: 'string' },
        'key-column': { type: 'string' },
        'max-failures': { type: 'string' },
      },
    })
    const [from, ...more] = positionals
    if (from === undefined || more.length > 0) throw new Error('one file, address or connection:table is imported')
    const { mapping } = values
    if (mapping === undefined) throw new Error('--mapping names the file with the mapping')
    return { from, values: { ...values, mapping } }
  } catch (cause) {
    throw CliUsage.create({ problem: cause instanceof Error ? cause.message : String(cause) }, cause)
  }
}

async function readMapping(path: string): Promise<Json> {
  try {
    return parseJson(await readFile(path, 'utf8'))
  } catch (cause) {
    throw CliUsage.create({ problem: `${path}: ${cause instanceof Error ? cause.message : String(cause)}` }, cause)
  }
}

/** A file of this machine is sent; everything else the server opens itself. */
async function sourceOf(from: string, keyColumn: string | undefined, context: CommandContext): Promise<Readonly<Record<string, string>>> {
  if (/^https?:\/\//.test(from)) return { url: from }
  const [, connection, name = ''] = /^([a-z][a-z0-9_]*):([^/\\].*)$/.exec(from) ?? []
  if (connection !== undefined) return keyColumn === undefined ? { connection, object: name } : { connection, table: name, key: keyColumn }
  const path = resolve(context.cwd, from)
  const { size } = await stat(path).catch((cause: unknown) => {
    throw CliUsage.create({ problem: `there is no file ${path}` }, cause)
  })
  const { address, authorization } = serverOf(context)
  const response = await fetch(`${address}/v1/imports/files/${encodeURIComponent(basename(path))}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/octet-stream', 'content-length': String(size) },
    body: Readable.toWeb(createReadStream(path)) as ReadableStream,
    duplex: 'half',
  })
  if (!response.ok) throw new Error(await response.text())
  return { upload: basename(path) }
}

async function follow(id: string, call: ReturnType<typeof caller>): Promise<ImportView> {
  let bar: ReturnType<typeof progressBar> | undefined
  for (;;) {
    const now = await call<ImportView>('GET', `/v1/imports/${id}`)
    const { rows, totalRows } = now.progress
    if (totalRows !== null) bar ??= progressBar({ out: process.stderr, label: 'Importing', total: totalRows })
    bar?.update(rows)
    if (now.state !== 'queued' && now.state !== 'running') {
      if (now.state === 'done') bar?.done('')
      return now
    }
    await pause(POLL_MS)
  }
}

/** What became of the rows behind the log: a line, or nothing where the server does not say. */
async function becameOf(ended: ImportView, call: ReturnType<typeof caller>): Promise<string> {
  const until = performance.now() + PATIENCE_MS
  let { progress } = ended
  while (waitingIn(progress) > 0 && performance.now() < until) {
    await pause(POLL_MS)
    // The import has ended, whatever becomes of this question: then it is told what was known last.
    const now = await call<ImportView>('GET', `/v1/imports/${ended.id}`).catch(() => undefined)
    if (now === undefined) break
    progress = now.progress
  }
  const { became } = progress
  if (became === undefined || became === null) return ''
  const some = (count: number, what: string): string => (count === 0 ? '' : `, ${count} ${what}`)
  const rest = `${some(became.dropped, 'dropped')}${some(became.failed, 'failed')}${some(waitingIn(progress), 'still to be stored')}`
  return `${became.stored} new, ${became.duplicate} known before${rest}\n`
}

/** Rows in the log of which nobody has said yet what became; 0 where nobody says. */
function waitingIn({ accepted, failed, became }: Progress): number {
  if (became === undefined || became === null) return 0
  return Math.max(0, accepted + failed - became.stored - became.duplicate - became.failed - became.dropped)
}

function showPreview({ rows, problems }: PreviewView, out: (text: string) => void): number {
  for (const { raw, event, problem } of rows) {
    out(`row    ${typeof raw === 'string' ? raw : JSON.stringify(raw)}\n`)
    if (event !== undefined) out(`event  ${JSON.stringify(event)}\n`)
    if (problem !== undefined) out(`fails  ${problem.code}: ${problem.message}\n`)
    out('\n')
  }
  for (const { path, message } of problems) out(`${path}: ${message}\n`)
  return problems.length > 0 || rows.some(({ problem }) => problem !== undefined) ? 1 : 0
}

function serverOf({ env }: CommandContext): { readonly address: string; readonly authorization: string } {
  const { TENON_API_KEY: key, TENON_URL: address = `http://127.0.0.1:${env.PORT || 4321}` } = env
  if (key === undefined || key === '') throw CliUsage.create({ problem: 'TENON_API_KEY holds the API key of the server' })
  return { address: address.replace(/\/$/, ''), authorization: `Bearer ${key}` }
}

function caller(context: CommandContext) {
  const { address, authorization } = serverOf(context)
  return async <Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${address}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new Error(`no server answers at ${address}: start one, or name it with TENON_URL`, { cause })
    })
    const text = await response.text()
    if (response.ok) return parseJson<Answer>(text)
    const { code, detail } = parseJson<{ readonly code: string; readonly detail: string }>(text)
    throw Object.assign(new Error(detail), { code })
  }
}
