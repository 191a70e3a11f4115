import { open } from 'node:fs/promises'
import type { OpenFile, SegmentFile } from './segment.ts'

/** What becomes of a write instead of what was asked. */
export type Fault = SegmentFile['write'] extends (...asked: infer Asked) => infer Result
  ? (file: SegmentFile, ...asked: Asked) => Result
  : never

/** Real files, of which single writes go wrong. */
export interface FaultyDisk {
  readonly openFile: OpenFile
  /** What becomes of the next writes, one each; what comes after them is written. */
  readonly next: Fault[]
  /** So many times what a failed write left can not be cut off. */
  failingCuts: number
  /** Writes that were asked for. */
  writes: number
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: a fault of the test`), { code })

export const isWritten: Fault = (file, ...asked) => file.write(...asked)
export const failsWith =
  (code: string): Fault =>
  async () => {
    throw failure(code)
  }
/** As a disk does that is nearly full. */
export const takesHalf: Fault = (file, bytes, offset, length, position) => file.write(bytes, offset, length >> 1, position)
export const takesNothing: Fault = async () => ({ bytesWritten: 0 })
/** The bytes reach the cache, and the sync behind them fails. */
export const isNotSynced: Fault = async (file, ...asked) => {
  await file.write(...asked)
  throw failure('EIO')
}

export function faultyDisk(): FaultyDisk {
  const disk: FaultyDisk = {
    next: [],
    failingCuts: 0,
    writes: 0,
    async openFile(path, flags) {
      const file = await open(path, flags)
      return {
        write(...asked) {
          disk.writes += 1
          const fault = disk.next.shift() ?? isWritten
          return fault(file, ...asked)
        },
        async truncate(length) {
          if (disk.failingCuts-- > 0) throw failure('EIO')
          await file.truncate(length)
        },
        datasync: () => file.datasync(),
        close: () => file.close(),
      }
    },
  }
  return disk
}
