import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
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
afterEach(async () => {
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

  it('finds a folder empty that was opened and never written', async () => {
    const folder = await newFolder()
    expect(await logOccupancy(join(folder, 'nowhere'), 'x')).toBe('empty')
    await (await open(folder)).close()
    await writeFile(join(folder, 'something else'), '')
    expect(await logOccupancy(folder, 'x')).toBe('empty')
  })
})
