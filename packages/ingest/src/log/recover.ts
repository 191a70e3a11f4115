import { open, rm } from 'node:fs/promises'
import { LogCorrupt } from '../errors.ts'
import { findRecord, parseRecord } from './record.ts'
import { hasHeader, listSegments, readRange, SEGMENT_HEADER_BYTES, type Segment } from './segment.ts'

export type OnCorrupt = 'stop' | 'skip'

export interface Recovered {
  readonly segments: readonly Segment[]
  /** After the last whole record. */
  readonly end: number
  /** What a crash had left behind the end. */
  readonly tornBytes: number
}

/**
 * Finds out where the log ends. Only the last segment can have a torn end, which is cut: none of it was acknowledged. A
 * damaged record with whole ones behind it is no torn end: that is refused, unless the owner said to go on.
 */
export async function recover(folder: string, onCorrupt: OnCorrupt): Promise<Recovered> {
  const segments = [...(await listSegments(folder))]
  const last = segments.at(-1)
  if (last === undefined) return { segments, end: 0, tornBytes: 0 }
  const file = await open(last.path, 'r+')
  try {
    if (!(await hasHeader(last, file))) {
      await rm(last.path)
      const previous = segments.at(-2)
      return previous === undefined
        ? { segments: [], end: last.base, tornBytes: 0 }
        : { segments: segments.slice(0, -1), end: last.base, tornBytes: 0 }
    }
    const size = (await file.stat()).size - SEGMENT_HEADER_BYTES
    const end = wholeEnd(await readRange(file, last, last.base, size), last, onCorrupt)
    if (end < size) {
      await file.truncate(SEGMENT_HEADER_BYTES + end)
      await file.datasync()
    }
    return { segments, end: last.base + end, tornBytes: size - end }
  } finally {
    await file.close()
  }
}

/** The offset after the last whole record. */
function wholeEnd(bytes: Buffer, segment: Segment, onCorrupt: OnCorrupt): number {
  let offset = 0
  while (offset < bytes.length) {
    const parsed = parseRecord(bytes, offset)
    if (parsed.kind === 'record') {
      offset += parsed.bytes
      continue
    }
    const next = findRecord(bytes, offset + 1)
    if (next < 0) return offset
    if (onCorrupt === 'stop') {
      const problem = parsed.kind === 'damaged' ? parsed.problem : 'the length of the record reaches into others'
      throw LogCorrupt.create({ segment: segment.path, position: segment.base + offset, problem })
    }
    offset = next
  }
  return offset
}
