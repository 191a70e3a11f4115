import { rm } from 'node:fs/promises'
import type { Logger } from '@tenon/kernel/contracts'
import { LogWriteFailed } from '../errors.ts'
import type { Recovered } from './recover.ts'
import { createSegment, type OpenFile, openSegment, SEGMENT_HEADER_BYTES, type Segment, type SegmentFile, writeDurably } from './segment.ts'

/** The files of a log: one is written, the others are kept until they are released. */
export interface Segments {
  /** After the last durable byte. */
  readonly end: number
  readonly first: number
  readonly bytes: number
  /** In order, with where each of them ends. */
  bounded(): readonly (Segment & { readonly end: number })[]
  /** Appends durably; not to be called again before it is done. */
  write(bytes: Buffer): Promise<void>
  /** Deletes those that end at or before the position, except the one that is written. */
  release(position: number): Promise<void>
  close(): Promise<void>
}

export async function openSegments(
  recovered: Recovered,
  options: {
    readonly folder: string
    readonly segmentBytes: number
    readonly openFile: OpenFile | undefined
    readonly logger: Logger | undefined
  },
): Promise<Segments> {
  const { folder, segmentBytes, openFile, logger } = options
  let { end, segments } = recovered
  /** Behind the end may be what a failed write left. */
  let isTorn = false
  let active = await openLast()

  function openLast(): Promise<SegmentFile> {
    const last = segments.at(-1)
    return last !== undefined && end - last.base < segmentBytes ? openSegment(last, openFile) : startSegment()
  }
  async function startSegment(): Promise<SegmentFile> {
    const { segment, file } = await createSegment(folder, end, openFile)
    segments = [...segments.filter(({ base }) => base !== segment.base), segment]
    return file
  }
  const base = (): number => segments.at(-1)?.base ?? end
  const offset = (): number => SEGMENT_HEADER_BYTES + end - base()
  const bounded = () => segments.map((segment, index) => ({ ...segment, end: segments[index + 1]?.base ?? end }))

  async function append(bytes: Buffer): Promise<void> {
    // A shorter write would leave whole records of the failed one behind it, which is damage to whoever opens the log.
    if (isTorn) await cutTail()
    if (end - base() >= segmentBytes) {
      const full = active
      active = await startSegment()
      await full.close()
    }
    await writeDurably(active, bytes, offset())
  }
  /** What a failed write left behind was not acknowledged: it must not be found again. */
  async function cutTail(): Promise<void> {
    isTorn = true
    await active.truncate(offset())
    await active.datasync()
    isTorn = false
  }

  return {
    get end() {
      return end
    },
    get first() {
      return segments[0]?.base ?? end
    },
    get bytes() {
      return end - (segments[0]?.base ?? end) + segments.length * SEGMENT_HEADER_BYTES
    },
    bounded,
    async write(bytes) {
      try {
        await append(bytes)
        end += bytes.length
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        logger?.error('the event log could not be written', { reason })
        await cutTail().catch((also: unknown) => logger?.error('the event log could not be mended', { reason: String(also) }))
        throw LogWriteFailed.create({ reason }, error)
      }
    },
    async release(position) {
      const obsolete = bounded()
        .slice(0, -1)
        .filter((segment) => segment.end <= position)
      segments = segments.slice(obsolete.length)
      for (const { path } of obsolete) await rm(path, { force: true })
    },
    close: () => active.close(),
  }
}
