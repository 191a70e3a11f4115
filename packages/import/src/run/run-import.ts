import type { Ingest } from '@tenon/ingest'
import { errorCode } from '@tenon/kernel'
import type { EventDraft, Meter, Refused } from '@tenon/kernel/contracts'
import { IMPORT_SOURCE, type ImportCounts, type ImportPlace, type Store, type StoredImport } from '@tenon/store'
import { ImportKeyInvalid, ImportSourceChanged, ImportTooManyFailures } from '../errors.ts'
import type { CompiledMapping } from '../mapping/compile-mapping.ts'
import { countNoted } from '../metrics.ts'
import { countRows } from '../reader/count-rows.ts'
import type { Reader } from '../reader/open-reader.ts'
import { type OpenPiece, openPieces } from '../reader/pieces.ts'
import { type ReadStep, readPiece } from '../reader/read-piece.ts'
import type { ImportRights } from '../source/allowed.ts'
import { nameOf } from '../source/source.ts'
import { acceptWhenQuiet } from './make-room.ts'
import { readRequest } from './read-request.ts'

export interface ImportRun {
  readonly workspace: string
  readonly job: StoredImport
  readonly store: Store
  readonly ingest: Pick<Ingest, 'accept' | 'stats'>
  readonly reader: Reader
  readonly rights: ImportRights
  readonly meter: Meter
  readonly signal: AbortSignal
}

/** Of one record of the log, and of one step that is noted. */
const CHUNK_ROWS = 500

/**
 * Reads a source from where it was left, and puts what its rows become into the log. What is noted is behind what is in the log: after a crash
 * the last rows come again, under the same message ids. Resolves early when somebody cancels; rejects with what goes wrong.
 */
export async function runImport(run: ImportRun): Promise<void> {
  const { workspace, job, store, reader, rights, signal } = run
  const { imports } = store.in(workspace)
  const { source, mapping } = readRequest(job, { startedAt: job.createdAt })
  const pieces = await openPieces(reader, source, rights, signal)
  checkUnchanged(job, pieces, nameOf(source))
  const found = pieces.map(({ name, fingerprint, bytes }) => ({ name, fingerprint, ...(bytes === undefined ? {} : { bytes }) }))
  if (!(await imports.begin(job.id, { pieces: found }))) return
  if (job.totalRows === undefined) {
    const totalRows = await countRows(reader, pieces, signal)
    if (totalRows !== undefined) await imports.begin(job.id, { pieces: found, totalRows })
  }
  const progress = new Progress(run, mapping, leftAt(job, pieces))
  for (const [index, piece] of pieces.entries()) {
    if (index < progress.place.piece) continue
    const from = index === progress.place.piece ? progress.place : { rows: 0 }
    for await (const step of readPiece(reader, { piece, from, maxFaults: job.maxFailures, signal })) {
      signal.throwIfAborted()
      const goesOn = step.outOfOrder ? await progress.takeLeftOver(step, index) : await progress.take(step, index)
      if (!goesOn) return
    }
    if (progress.place.piece === index && !(await progress.leave(index))) return
  }
  await imports.finish(job.id, { state: 'done' })
}

function checkUnchanged({ pieces: known }: StoredImport, pieces: readonly OpenPiece[], source: string): void {
  if (known === undefined) return
  const same =
    known.length === pieces.length &&
    known.every(({ name, fingerprint }, at) => pieces[at]?.name === name && (fingerprint === '' || pieces[at].fingerprint === fingerprint))
  if (!same) throw ImportSourceChanged.create({ source })
}

type Left = Pick<StoredImport, 'place' | 'counts'>

const NOWHERE: Left = Object.freeze({ place: { piece: 0, rows: 0 }, counts: { rows: 0, accepted: 0, failed: 0 } })

/**
 * Where reading goes on. The place in a file of which nothing told whether it is still the same is no place: other rows may stand there.
 * It is read from its first row, and rows that came before are recognised.
 */
const leftAt = (job: StoredImport, pieces: readonly OpenPiece[]): Left =>
  job.pieces?.some(({ fingerprint }, at) => fingerprint === '' && pieces[at]?.kind === 'file') ? NOWHERE : job

class Progress {
  readonly #run: ImportRun
  readonly #mapping: CompiledMapping
  place: ImportPlace
  #counts: ImportCounts
  #noted: ImportCounts
  #lastKey: string | undefined

  constructor(run: ImportRun, mapping: CompiledMapping, { place, counts }: Left) {
    this.#run = run
    this.#mapping = mapping
    this.place = place
    this.#counts = counts
    this.#noted = counts
    this.#lastKey = place.after
  }

  /** Rows in order: each chunk is noted when it is in the log. False when nobody wants more. */
  async take({ rows }: ReadStep, piece: number): Promise<boolean> {
    const before = this.place.piece === piece ? this.place.rows : 0
    for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
      const chunk = rows.slice(from, from + CHUNK_ROWS)
      for (const { key } of chunk) this.#inOrder(key)
      await this.#accept(chunk)
      const after = chunk.at(-1)?.key
      const place = { piece, rows: before + from + chunk.length, ...(after === undefined ? {} : { after }) }
      if (!(await this.#note(place, chunk.length))) return false
    }
    return true
  }

  /** Rows that come again with every reading of the piece: noted with its end. */
  async takeLeftOver({ rows }: ReadStep, piece: number): Promise<boolean> {
    for (let from = 0; from < rows.length; from += CHUNK_ROWS) await this.#accept(rows.slice(from, from + CHUNK_ROWS))
    return this.#note({ piece: piece + 1, rows: 0 }, rows.length)
  }

  /** The piece is through. */
  leave(piece: number): Promise<boolean> {
    return this.#note({ piece: piece + 1, rows: 0 }, 0)
  }

  #inOrder(key: string | undefined): void {
    if (key === undefined) return
    if (key === this.#lastKey) {
      const { source } = this.#run.job
      const column = typeof source === 'object' && source !== null && 'key' in source ? String(source.key) : 'key'
      throw ImportKeyInvalid.create({ column, problem: `has the value '${key.slice(0, 80)}' in two rows` })
    }
    this.#lastKey = key
  }

  async #accept(rows: ReadStep['rows']): Promise<void> {
    const { workspace, job, ingest, signal } = this.#run
    const drafts: EventDraft[] = []
    const refused: Refused[] = []
    for (const { read } of rows) {
      if (!read.ok && read.code === 'BLANK_ROW') continue
      const mapped = this.#mapping.map(read)
      if (mapped.ok) drafts.push(mapped.draft)
      else refused.push(mapped.refused)
    }
    if (drafts.length + refused.length === 0) return
    const source = `${IMPORT_SOURCE}${job.key}`
    const outcome = await acceptWhenQuiet(ingest, { workspace, source, drafts, refused, stage: 'import', importId: job.id }, signal)
    const { rows: read, accepted, failed } = this.#counts
    this.#counts = { rows: read, accepted: accepted + outcome.accepted, failed: failed + outcome.refused }
  }

  async #note(place: ImportPlace, rows: number): Promise<boolean> {
    const { workspace, job, store, meter } = this.#run
    this.#counts = { ...this.#counts, rows: this.#counts.rows + rows }
    this.place = place
    const goesOn = await store.in(workspace).imports.advance(job.id, { place, counts: this.#counts })
    if (goesOn) {
      countNoted(meter, this.#noted, this.#counts)
      this.#noted = this.#counts
    }
    const { failed } = this.#counts
    if (goesOn && failed > job.maxFailures) throw ImportTooManyFailures.create({ failed, limit: job.maxFailures })
    return goesOn
  }
}

/** Whether the same may succeed a moment later, without anybody doing anything. */
export const isPassing = (error: unknown): boolean => errorCode(error) === 'TENON_STORE_UNAVAILABLE'
