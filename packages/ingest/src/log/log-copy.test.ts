import { type FileHandle, mkdtemp, open as openFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { EventLog } from './event-log.ts'
import { copyLog, type LogPiece, logOccupancy, restoreLog } from './log-copy.ts'
import { holdable } from './log-hold.ts'
import { openLog } from './open-log.ts'

const folders: string[] = []
const logs: EventLog[] = []
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenon-log-'))
  folders.push(folder)
  return folder
}
async function open(folder: string): Promise<EventLog> {
  const log = await openLog({ folder, segmentBytes: 100 })
  logs.push(log)
  return log
}
/** What the system does with each write of a file from here on. */
async function writingAs(write: (file: FileHandle, bytes: Uint8Array, offset: number, position: number) => Promise<number>): Promise<void> {
  const probe = await openFile(join(await newFolder(), 'probe'), 'w')
  const type: Pick<FileHandle, 'write'> = Object.getPrototypeOf(probe)
  await probe.close()
  const real = type.write
  vi.spyOn(type, 'write').mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
    const [bytes, offset, , position] = args as [Uint8Array, number, number, number]
    const own: FileHandle = Object.create(this, { write: { value: real.bind(this) } })
    return { bytesWritten: await write(own, bytes, offset, position), buffer: bytes }
  } as FileHandle['write'])
}
afterEach(async () => {
  vi.restoreAllMocks()
  for (const log of logs.splice(0)) await log.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const append = (log: EventLog, text: string) => log.append(Buffer.from(text), 1)
async function textsOf(log: EventLog, from: number): Promise<readonly string[]> {
  const { records } = await log.read({ from, maxBytes: 1_000_000, maxParts: 1_000_000 })
  return records.map(({ payload }) => payload.toString())
}
async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
const piecesOf = (pieces: readonly LogPiece[]) =>
  async function* () {
    yield* pieces
  }

describe('a copy of a log', () => {
  it('holds what was stored meanwhile, and lets it go afterwards', async () => {
    const { log, hold } = holdable(await open(await newFolder()))
    for (let index = 0; index < 20; index++) await append(log, `record ${index}`)
    const copying = hold()
    await log.release(log.state().end)
    expect(log.state().first).toBe(0)
    const texts = (await all(copying.records(0, copying.end()))).flat().map(({ payload }) => payload.toString())
    expect(texts).toEqual(Array.from({ length: 20 }, (_, index) => `record ${index}`))
    await copying.drop()
    expect(log.state().first).toBeGreaterThan(0)
  })

  it('goes on where it was cut, under the same name and at the same places', async () => {
    const { log, hold } = holdable(await open(await newFolder()))
    for (const text of ['one', 'two', 'three']) await append(log, text)
    const from = (await log.read({ from: 0, maxBytes: 1, maxParts: 1 })).next
    const pieces = await all(copyLog(hold(), from, log.state().end))
    const folder = await newFolder()
    await restoreLog(folder, { id: log.id, pieces: piecesOf(pieces) })
    expect(await Promise.all([logOccupancy(folder, log.id), logOccupancy(folder, 'x')])).toEqual(['same', 'other'])
    const restored = await open(folder)
    expect([restored.id, restored.state().first, restored.state().end]).toEqual([log.id, from, log.state().end])
    expect(await textsOf(restored, from)).toEqual(['two', 'three'])
    await append(restored, 'four')
    expect(await textsOf(restored, log.state().end)).toEqual(['four'])
  })

  it('of nothing still says where the log goes on', async () => {
    const { log, hold } = holdable(await open(await newFolder()))
    await append(log, 'stored')
    const { end } = log.state()
    const folder = await newFolder()
    await restoreLog(folder, { id: log.id, pieces: piecesOf(await all(copyLog(hold(), end, end))) })
    const restored = await open(folder)
    expect([restored.state().first, restored.state().end]).toEqual([end, end])
  })

  it('that was interrupted is not taken for a log, and can be made again', async () => {
    const folder = await newFolder()
    const failing = async function* (): AsyncGenerator<LogPiece> {
      yield { base: 0, bytes: Buffer.alloc(0) }
      throw new Error('killed')
    }
    await expect(restoreLog(folder, { id: 'x', pieces: failing })).rejects.toThrow('killed')
    expect(await logOccupancy(folder, 'x')).toBe('unfinished')
    await restoreLog(folder, { id: 'x', pieces: piecesOf([{ base: 7, bytes: Buffer.alloc(0) }]) })
    expect(await logOccupancy(folder, 'x')).toBe('same')
  })

  it('is whole where the system takes a few bytes at a time, as a disk that is nearly full does', async () => {
    const { log, hold } = holdable(await open(await newFolder()))
    for (const text of ['one', 'two', 'three']) await append(log, text)
    const pieces = await all(copyLog(hold(), 0, log.state().end))
    const folder = await newFolder()
    await writingAs(
      async (file, bytes, offset, position) => (await file.write(bytes, offset, Math.min(5, bytes.length - offset), position)).bytesWritten,
    )
    await restoreLog(folder, { id: log.id, pieces: piecesOf(pieces) })
    vi.restoreAllMocks()
    const restored = await open(folder)
    expect([restored.state().end, await textsOf(restored, 0)]).toEqual([log.state().end, ['one', 'two', 'three']])
  })

  it('is no log before every record of it was read back', async () => {
    const { log, hold } = holdable(await open(await newFolder()))
    for (const text of ['one', 'two', 'three']) await append(log, text)
    const pieces = await all(copyLog(hold(), 0, log.state().end))
    const folder = await newFolder()
    await writingAs(async (file, bytes, offset, position) => {
      if (position > 0) await file.write(bytes, offset, 5, position)
      else await file.write(bytes, offset, bytes.length - offset, position)
      return bytes.length - offset
    })
    await expect(restoreLog(folder, { id: log.id, pieces: piecesOf(pieces) })).rejects.toMatchObject({ code: 'TENON_LOG_WRITE_FAILED' })
    expect(await logOccupancy(folder, log.id)).toBe('unfinished')
    vi.restoreAllMocks()
    const torn = pieces.map(({ base, bytes }) => ({ base, bytes: bytes.subarray(0, bytes.length - 1) }))
    await expect(restoreLog(folder, { id: log.id, pieces: piecesOf(torn) })).rejects.toMatchObject({ code: 'TENON_LOG_WRITE_FAILED' })
    await restoreLog(folder, { id: log.id, pieces: piecesOf(pieces) })
    expect(await textsOf(await open(folder), 0)).toEqual(['one', 'two', 'three'])
  })

  it('finds a folder empty that was opened and never written', async () => {
    const folder = await newFolder()
    expect(await logOccupancy(join(folder, 'nowhere'), 'x')).toBe('empty')
    await (await open(folder)).close()
    await writeFile(join(folder, 'something else'), '')
    expect(await logOccupancy(folder, 'x')).toBe('empty')
  })
})
