import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ingest } from '@tenon/ingest'
import { errorCode } from '@tenon/kernel'
import { type Clock, type Json, type Logger, type Meter, noMeter } from '@tenon/kernel/contracts'
import type { Imports as ImportRecords, Store, StoredImport } from '@tenon/store'
import { countEnded } from './metrics.ts'
import { type ImportPreview, previewImport } from './preview.ts'
import { openReader, type Reader } from './reader/open-reader.ts'
import { readRequest } from './run/read-request.ts'
import { isPassing, runImport } from './run/run-import.ts'
import type { ImportRights } from './source/allowed.ts'
import { removeUpload, saveUpload } from './source/upload.ts'

export interface ImportsOptions {
  readonly store: Store
  readonly ingest: Pick<Ingest, 'accept' | 'stats'>
  /** What may be opened; uploads of all workspaces lie below `uploads`. */
  readonly rights: ImportRights
  /** A folder of our own for what readers write. */
  readonly scratchDir: string
  readonly clock: Clock
  readonly logger: Logger
  readonly meter?: Meter
  readonly limits?: Partial<ImportLimits>
}

export interface ImportLimits {
  /** Of the engine that reads. */
  readonly readerBytes: number
  /** How long after a process died another one takes its import over. */
  readonly leaseMs: number
  /** How often it is looked for work that nobody told of. */
  readonly pollMs: number
  /** Of one upload. */
  readonly uploadBytes: number
}

const DEFAULT_LIMITS: ImportLimits = Object.freeze({
  readerBytes: 768 * 1024 * 1024,
  leaseMs: 15_000,
  pollMs: 2_000,
  uploadBytes: 16 * 1024 ** 3,
})

export interface ImportRequest {
  readonly workspace: string
  /** Part of every message id; the name of the source where absent. */
  readonly key?: string
  readonly source: Json
  readonly mapping: Json
}

/** Rows of files, objects and tables on their way into the log. */
export interface Imports {
  /** What the first rows would become. Throws `TENON_IMPORT_…` where the source can not be read or the mapping makes no sense. */
  preview(request: ImportRequest & { readonly rows: number }): Promise<ImportPreview>
  /** Notes it and begins as soon as nothing else is read. Undefined while another import of the key is under way. */
  create(request: ImportRequest & { readonly maxFailures: number }): Promise<StoredImport | undefined>
  get(workspace: string, id: string): Promise<StoredImport | undefined>
  list(workspace: string, page: Parameters<ImportRecords['list']>[0]): Promise<readonly StoredImport[]>
  /** Whether it was under way. What is in the log already stays. */
  cancel(workspace: string, id: string): Promise<boolean>
  /** Whether it had stopped and goes on now, where it stopped. */
  resume(workspace: string, id: string): Promise<boolean>
  /** Keeps a file for an import of the workspace; it is removed with the end of that import. Undefined when it is too large. */
  upload(
    workspace: string,
    name: string,
    body: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly upload: string; readonly bytes: number } | undefined>
  /** The most that an upload may have. */
  readonly uploadBytes: number
  start(): void
  stop(): Promise<void>
}

/** Reads one source at a time, in an engine of its own; every process of a fleet takes what no other one reads. */
export function createImports(options: ImportsOptions): Imports {
  const { store, ingest, scratchDir, clock, logger, meter = noMeter } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const stopping = new AbortController()
  const running = new Map<string, AbortController>()
  let wake: () => void = () => undefined
  let loop: Promise<void> | undefined
  let previews: Promise<unknown> = Promise.resolve()

  const rightsOf = (workspace: string): ImportRights => ({ ...options.rights, uploads: join(options.rights.uploads, folderOf(workspace)) })

  async function withReader<T>(use: (reader: Reader) => Promise<T>): Promise<T> {
    const reader = await openReader({ dir: join(scratchDir, randomUUID()), memoryBytes: limits.readerBytes })
    try {
      return await use(reader)
    } finally {
      await reader.close()
    }
  }

  /** Runs it unless another process does. */
  async function attempt(workspace: string, id: string): Promise<void> {
    const cancelled = new AbortController()
    running.set(id, cancelled)
    const signal = AbortSignal.any([stopping.signal, cancelled.signal])
    try {
      const job = `import:${workspace}:${id}`
      await store.jobs.lease({ job, ttlMs: limits.leaseMs, signal, run: (lease) => perform(workspace, id, lease) })
    } finally {
      running.delete(id)
    }
  }

  async function perform(workspace: string, id: string, signal: AbortSignal): Promise<void> {
    const { imports } = store.in(workspace)
    // Somebody else may have finished it before the lease was ours.
    const job = await imports.get(id)
    if (job === undefined || (job.state !== 'queued' && job.state !== 'running')) return
    const rights = rightsOf(workspace)
    try {
      await withReader((reader) => runImport({ workspace, job, store, ingest, reader, rights, meter, signal }))
      const after = await imports.get(id)
      if (after?.state === 'done') countEnded(meter, 'done')
      if (after?.state === 'done' || after?.state === 'cancelled') await removeUpload(rights.uploads, job.source)
    } catch (error) {
      if (signal.aborted) return
      if (isPassing(error)) throw error
      const code = errorCode(error)
      if (code === undefined) logger.error('an import failed', { import: id, error })
      const message = code !== undefined && error instanceof Error ? error.message : 'the cause is in the log'
      await imports.finish(id, { state: 'failed', error: { code: code ?? 'TENON_INTERNAL', message } })
      countEnded(meter, 'failed')
    }
  }

  async function sweep(): Promise<void> {
    for (const { id: workspace } of await store.workspaces.list())
      for (const { id } of await store.in(workspace).imports.unfinished()) {
        if (stopping.signal.aborted) return
        await attempt(workspace, id)
      }
  }

  /** What a process before this one left behind is of no use. */
  async function emptyScratch(): Promise<void> {
    await rm(scratchDir, { recursive: true, force: true })
    await mkdir(scratchDir, { recursive: true, mode: 0o700 })
  }

  async function work(): Promise<void> {
    const { signal } = stopping
    let isEmptied = false
    const round = async (): Promise<void> => {
      if (!isEmptied) await emptyScratch()
      isEmptied = true
      await sweep()
    }
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      await round().catch((error: unknown) => {
        if (!signal.aborted) logger.error('imports could not be continued; will try again', { error })
      })
      await Promise.race([woken, delay(limits.pollMs, undefined, { signal }).catch(() => undefined)])
    }
  }

  return Object.freeze<Imports>({
    async preview({ workspace, rows, ...request }) {
      const now = clock.now()
      const { source, mapping } = readRequest(request, { startedAt: now })
      const turn = previews.then(() =>
        withReader((reader) => previewImport({ reader, rights: rightsOf(workspace), source, mapping, rows, now })),
      )
      previews = turn.catch(() => undefined)
      return turn
    },
    async create({ workspace, maxFailures, ...request }) {
      const { key } = readRequest(request, { startedAt: clock.now() })
      const made = await store.in(workspace).imports.create({ key, source: request.source, mapping: request.mapping, maxFailures })
      wake()
      return made
    },
    get: (workspace, id) => store.in(workspace).imports.get(id),
    list: (workspace, page) => store.in(workspace).imports.list(page),
    async cancel(workspace, id) {
      const was = await store.in(workspace).imports.cancel(id)
      if (!was) return false
      running.get(id)?.abort(new Error('the import was cancelled'))
      countEnded(meter, 'cancelled')
      return true
    },
    async resume(workspace, id) {
      const resumed = await store.in(workspace).imports.resume(id)
      if (resumed) wake()
      return resumed
    },
    upload: (workspace, name, body) => saveUpload({ folder: rightsOf(workspace).uploads, name, body, maxBytes: limits.uploadBytes }),
    uploadBytes: limits.uploadBytes,
    start() {
      loop ??= work()
    },
    async stop() {
      stopping.abort(new Error('the server is stopping'))
      await Promise.all([loop, previews])
    },
  })
}

/** A name that is safe as that of a folder, and of one workspace alone. */
const folderOf = (workspace: string): string => Buffer.from(workspace, 'utf8').toString('base64url')
