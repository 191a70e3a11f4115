import { constants } from 'node:fs'
import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LogCorrupt } from '../errors.ts'

/** `TENONLG1` and the position at which the segment begins. */
export const SEGMENT_HEADER_BYTES = 16
const SIGNATURE = Buffer.from('TENONLG1')
const NAME = /^(\d{16})\.log$/

/** One file of the log: the records from `base` on. */
export interface Segment {
  readonly path: string
  readonly base: number
}

export const segmentAt = (folder: string, base: number): Segment => ({ path: join(folder, `${String(base).padStart(16, '0')}.log`), base })

/** In the order of their positions. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = await readdir(folder)
  return names
    .flatMap((name) => {
      const digits = NAME.exec(name)?.[1]
      return digits === undefined ? [] : [segmentAt(folder, Number(digits))]
    })
    .sort((left, right) => left.base - right.base)
}

/**
 * Opened like this, a write is durable when it returns: as if it were followed by fdatasync, in one call to the system instead of two. On
 * Linux alone: elsewhere fdatasync may do more, or the flag is not known.
 */
const DURABLE_WRITES = process.platform === 'linux' ? constants.O_DSYNC : undefined

/** A segment that is written. */
export interface SegmentFile {
  /** May take fewer bytes than it was given. */
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>
  truncate(length: number): Promise<void>
  datasync(): Promise<void>
  close(): Promise<void>
}

/** Opens a file to write on; `open` of node:fs/promises is one. */
export type OpenFile = (path: string, flags: number) => Promise<SegmentFile>

/** Opens a segment to write on. */
export const openSegment = ({ path }: Segment, openFile: OpenFile = open): Promise<SegmentFile> =>
  openFile(path, constants.O_RDWR | (DURABLE_WRITES ?? 0))

/** Writes into a segment that was opened to write on; durable when it resolves. */
export async function writeDurably(file: SegmentFile, bytes: Uint8Array, offset: number): Promise<void> {
  await writeWhole(file, bytes, offset)
  if (DURABLE_WRITES === undefined) await file.datasync()
}

/** Makes the file with its header, durable together with its name. */
export async function createSegment(
  folder: string,
  base: number,
  openFile: OpenFile = open,
): Promise<{ readonly segment: Segment; readonly file: SegmentFile }> {
  const segment = segmentAt(folder, base)
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
  SIGNATURE.copy(header)
  header.writeBigUInt64BE(BigInt(base), 8)
  await rm(segment.path, { force: true })
  const file = await openFile(segment.path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (DURABLE_WRITES ?? 0))
  try {
    await writeDurably(file, header, 0)
    await syncFolder(folder)
    return { segment, file }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** False when not even the header is whole: the process was killed while it made the file. */
export async function hasHeader(segment: Segment, file: FileHandle): Promise<boolean> {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
  const { bytesRead } = await file.read(header, 0, header.length, 0)
  if (bytesRead < SEGMENT_HEADER_BYTES) return false
  if (header.subarray(0, 8).equals(SIGNATURE) && header.readBigUInt64BE(8) === BigInt(segment.base)) return true
  throw LogCorrupt.create({ segment: segment.path, position: segment.base, problem: 'it is not a segment of this log' })
}

/** Writes all of the bytes from an offset of the file on: the system may take fewer at once, as on a disk that is nearly full. */
export async function writeWhole(file: SegmentFile, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done)
    if (bytesWritten === 0) throw new Error('the system writes nothing more')
    done += bytesWritten
  }
}

/** Reads bytes of positions, fewer at the end of the file. */
export async function readRange(file: FileHandle, { base }: Segment, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes)
  let done = 0
  while (done < bytes) {
    const { bytesRead } = await file.read(buffer, done, bytes - done, SEGMENT_HEADER_BYTES + from - base + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done === bytes ? buffer : buffer.subarray(0, done)
}

/** A new name is durable once its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
