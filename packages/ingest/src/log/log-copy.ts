import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LogWriteFailed } from '../errors.ts'
import { lockFolder } from './lock-folder.ts'
import type { LogHold } from './log-hold.ts'
import { ID_FILE, readLogId } from './log-id.ts'
import { encodeRecord, parseRecord } from './record.ts'
import {
  createSegment,
  hasHeader,
  listSegments,
  readRange,
  SEGMENT_HEADER_BYTES,
  type Segment,
  syncFolder,
  writeDurably,
} from './segment.ts'

/** Records of a log that follow each other, as they stand in a segment. */
export interface LogPiece {
  /** Where the first of them begins. */
  readonly base: number
  readonly bytes: Buffer
}

const PIECE_BYTES = 32 * 1024 * 1024

/** The records between two positions; at least one piece, and that says where the log goes on. */
export async function* copyLog(hold: LogHold, from: number, until: number): AsyncGenerator<LogPiece> {
  let base = from
  let end = from
  let bytes: Uint8Array[] = []
  let length = 0
  let told = false
  function* flush(): Generator<LogPiece> {
    yield { base, bytes: Buffer.concat(bytes) }
    told = true
    bytes = []
    length = 0
  }
  for await (const records of hold.records(from, until)) {
    for (const { position, parts, payload } of records) {
      // Behind damage that was left out, a new piece begins.
      if (length > 0 && (position !== end || length >= PIECE_BYTES)) yield* flush()
      if (length === 0) base = position
      const encoded = encodeRecord(payload, parts)
      bytes.push(...encoded)
      length += encoded[0].length + encoded[1].length
      end = base + length
    }
  }
  if (length > 0 || !told) yield* flush()
}

const MARK = 'restoring'

/** `same`: the log of this name. `other`: one that is not ours to touch. */
export type LogOccupancy = 'empty' | 'unfinished' | 'same' | 'other'

/** Whether a folder holds a log, and whether it is the one of this name. */
export async function logOccupancy(folder: string, id: string): Promise<LogOccupancy> {
  const names: readonly string[] = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  if (names.includes(MARK)) return 'unfinished'
  if (!names.includes(ID_FILE) || (await isUnwritten(folder))) return 'empty'
  return (await readLogId(folder)) === id ? 'same' : 'other'
}

async function isUnwritten(folder: string): Promise<boolean> {
  const [first, second] = await listSegments(folder)
  if (first === undefined) return true
  return second === undefined && first.base === 0 && (await stat(first.path)).size <= SEGMENT_HEADER_BYTES
}

/**
 * Makes a log of pieces in a folder that holds none. Until it is through, the folder is marked as unfinished; it is through when the
 * whole of it was read back, record by record: whatever is behind a torn record would be cut when the log is opened.
 */
export async function restoreLog(folder: string, log: { readonly id: string; pieces(): AsyncIterable<LogPiece> }): Promise<void> {
  await mkdir(folder, { recursive: true })
  const unlock = await lockFolder(folder)
  try {
    await writeFile(join(folder, MARK), '', { flush: true })
    await syncFolder(folder)
    for (const { path } of await listSegments(folder)) await rm(path)
    const written: Written[] = []
    for await (const piece of log.pieces()) written.push(await writePiece(folder, piece))
    for (const each of written) await readBack(each)
    await writeFile(join(folder, ID_FILE), log.id, { flush: true })
    await syncFolder(folder)
    await rm(join(folder, MARK))
    await syncFolder(folder)
  } finally {
    await unlock()
  }
}

interface Written {
  readonly segment: Segment
  readonly bytes: number
  readonly hash: string
}

async function writePiece(folder: string, { base, bytes }: LogPiece): Promise<Written> {
  const { segment, file } = await createSegment(folder, base)
  try {
    await writeDurably(file, bytes, SEGMENT_HEADER_BYTES)
    return { segment, bytes: bytes.length, hash: hashOf(bytes) }
  } finally {
    await file.close()
  }
}

async function readBack({ segment, bytes, hash }: Written): Promise<void> {
  const file = await open(segment.path, 'r')
  try {
    const found = (await hasHeader(segment, file)) ? await readRange(file, segment, segment.base, bytes) : Buffer.alloc(0)
    if (found.length !== bytes || hashOf(found) !== hash || (await file.stat()).size !== SEGMENT_HEADER_BYTES + bytes)
      throw LogWriteFailed.create({ reason: `${segment.path} does not hold what was written` })
    for (let offset = 0; offset < bytes; ) {
      const parsed = parseRecord(found, offset)
      if (parsed.kind !== 'record') throw LogWriteFailed.create({ reason: `no whole record begins at ${segment.base + offset}` })
      offset += parsed.bytes
    }
  } finally {
    await file.close()
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
