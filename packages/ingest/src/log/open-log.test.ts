import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { copyFile, readdir, readFile, readlink, realpath, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogCorrupt, LogLocked } from '../errors.ts'
import type { EventLog } from './event-log.ts'
import { faultyDisk } from './faulty-disk.fixture.ts'
import { logFolders } from './log-folders.fixture.ts'
import { openLog } from './open-log.ts'
import { RECORD_HEADER_BYTES } from './record.ts'
import { listSegments, SEGMENT_HEADER_BYTES } from './segment.ts'

const { newFolder, open } = logFolders()

const append = (log: EventLog, text: string, parts = 1) => log.append(Buffer.from(text), parts)
async function readAll(log: EventLog, from = 0, maxBytes = 1_000_000): Promise<string[]> {
  const texts: string[] = []
  for (let next = Math.max(from, log.state().first); next < log.state().end; ) {
    const chunk = await log.read({ from: next, maxBytes, maxParts: Number.POSITIVE_INFINITY })
    texts.push(...chunk.records.map(({ payload }) => payload.toString()))
    if (chunk.next === next) throw new Error('the log stands still')
    next = chunk.next
  }
  return texts
}

describe('the log', () => {
  it('gives back what was appended, in order, also after it was opened again', async () => {
    const folder = await newFolder()
    const log = await open({ folder })
    for (const text of ['one', '', 'three']) expect(await append(log, text, 2)).toBe('durable')
    expect(await readAll(log)).toEqual(['one', '', 'three'])
    await log.close()
    const again = await open({ folder })
    expect(again.id).toBe(log.id)
    expect(await readAll(again)).toEqual(['one', '', 'three'])
    expect(await again.countParts(0, again.state().end)).toBe(6)
  })

  it('shares one write among all who wait, and keeps their order', async () => {
    const disk = faultyDisk()
    const log = await open({ folder: await newFolder(), segmentBytes: 2_000, openFile: disk.openFile })
    const before = disk.writes
    const texts = Array.from({ length: 500 }, (_, index) => `record ${index}`)
    await Promise.all(texts.map((text) => append(log, text)))
    // The first who came is written alone; all others came while that was underway.
    expect(disk.writes - before).toBe(2)
    expect(await readAll(log)).toEqual(texts)
    expect(await readAll(log, 0, 10)).toEqual(texts)
  })

  it('reads no more than was asked for, but never nothing', async () => {
    const log = await open({ folder: await newFolder() })
    for (const text of ['aaaa', 'bbbb', 'cccc']) await append(log, text, 5)
    const one = await log.read({ from: 0, maxBytes: 1, maxParts: 1 })
    expect(one.records.map(({ payload }) => payload.toString())).toEqual(['aaaa'])
    const two = await log.read({ from: one.next, maxBytes: 10_000, maxParts: 9 })
    expect(two.records).toHaveLength(1)
    const until = await log.read({ from: 0, maxBytes: 10_000, maxParts: 100, until: two.next })
    expect(until.records).toHaveLength(2)
    expect(until.next).toBe(two.next)
    expect((await log.read({ from: log.state().end, maxBytes: 1, maxParts: 1 })).records).toEqual([])
  })

  it('reads on over the pieces that it takes from the disk at once, and records that are larger than one', async () => {
    const log = await open({ folder: await newFolder() })
    const sizes = [3_000_000, 3_000_000, 9_000_000, 1, 4 * 1024 * 1024 - RECORD_HEADER_BYTES, 5_000_000]
    for (const [index, size] of sizes.entries()) await append(log, String(index).repeat(size), 10)
    const read = async (maxBytes: number, maxParts: number) =>
      (await log.read({ from: 0, maxBytes, maxParts })).records.map(({ payload }) => payload.length)
    expect(await read(64_000_000, 1_000)).toEqual(sizes)
    expect(await read(64_000_000, 40)).toEqual(sizes.slice(0, 4))
    expect(await read(5_000_000, 1_000)).toEqual(sizes.slice(0, 1))
    expect((await readAll(log, 0, 64_000_000)).map(([first]) => first)).toEqual(['0', '1', '2', '3', '4', '5'])
  })

  it('turns to a new segment, and deletes those that are done with', async () => {
    const folder = await newFolder()
    const log = await open({ folder, segmentBytes: 100 })
    for (let index = 0; index < 10; index++) await append(log, `record number ${index} `.padEnd(60, '.'))
    const before = await listSegments(folder)
    expect(before.length).toBeGreaterThan(3)
    const middle = before[2]?.base ?? 0
    await log.release(middle + 1)
    expect((await listSegments(folder)).map(({ base }) => base)).toEqual(before.slice(2).map(({ base }) => base))
    expect(log.state().first).toBe(middle)
    await log.release(log.state().end)
    expect(await listSegments(folder)).toHaveLength(1)
    const { end } = log.state()
    await log.close()
    const again = await open({ folder, segmentBytes: 100 })
    expect(again.state().end).toBe(end)
    await append(again, 'next')
    expect(await readAll(again, end)).toEqual(['next'])
  })

  it('is full at its budget, and has room again when something is released', async () => {
    const log = await open({ folder: await newFolder(), segmentBytes: 500, budgetBytes: 2_000 })
    const offer = () => Promise.all(Array.from({ length: 50 }, () => append(log, 'x'.repeat(84))))
    for (let round = 0; round < 3; round++) {
      const answers = await offer()
      expect(answers.filter((answer) => answer === 'durable')).toHaveLength(20)
      expect(answers.filter((answer) => answer === 'full')).toHaveLength(30)
      expect(log.state().bytes).toBeLessThan(3 * 2_000)
      await log.release(log.state().end)
    }
  })

  it('wakes who waits for more', async () => {
    const log = await open({ folder: await newFolder() })
    const waiting = log.whenBeyond(0, new AbortController().signal)
    await append(log, 'x')
    await waiting
    const stop = new AbortController()
    const stopped = log.whenBeyond(log.state().end, stop.signal)
    stop.abort()
    await stopped
  })

  it('belongs to one process at a time, and is taken over from a dead one', async () => {
    const folder = await newFolder()
    const log = await open({ folder })
    await expect(openLog({ folder })).rejects.toSatisfy(LogLocked.is)
    await log.close()
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, started: '', nonce: 'gone' }))
    await (await open({ folder })).close()
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid: process.pid, started: 'another boot/1', nonce: 'reused' }))
    await (await open({ folder })).close()
    await writeFile(join(folder, 'lock'), '{"pi')
    await open({ folder })
  })
})

it.skipIf(process.platform !== 'linux')('a log is taken over from a process that ended, though its parent never asks', async () => {
  const folder = await newFolder()
  await (await open({ folder })).close()
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [said]: unknown[] = await once(parent.stdout, 'data')
    const pid = Number(String(said))
    const state = async () => / ([A-Z]) /.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))?.[1]
    await expect.poll(state, { timeout: 20_000 }).toBe('Z')
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid, started: '', nonce: 'ended' }))
    await open({ folder })
  } finally {
    parent.kill()
  }
})

/** What the system says that a file of this process was opened with. */
async function flagsOf(path: string): Promise<number> {
  for (const number of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${number}`).catch(() => '')
    if (target !== path) continue
    const [, flags = ''] = /^flags:\s*(\d+)$/m.exec(await readFile(`/proc/self/fdinfo/${number}`, 'utf8')) ?? []
    return Number.parseInt(flags, 8)
  }
  throw new Error(`nobody has ${path} open`)
}

it.skipIf(process.platform !== 'linux')(
  'what is acknowledged is on disk and not in memory alone: every segment is opened for synchronous writes',
  async () => {
    const folder = await realpath(await newFolder())
    const log = await open({ folder, segmentBytes: 10 })
    const isSynchronous = async (): Promise<boolean> => {
      const path = (await listSegments(folder)).at(-1)?.path ?? ''
      return ((await flagsOf(path)) & constants.O_DSYNC) !== 0
    }
    expect(await isSynchronous()).toBe(true)
    await append(log, 'fills the first')
    await append(log, 'turns to another')
    expect(await listSegments(folder)).toHaveLength(2)
    expect(await isSynchronous()).toBe(true)
    await log.close()
    await open({ folder })
    expect(await isSynchronous()).toBe(true)
  },
)

describe('a torn end', () => {
  it('is cut at every byte, and nothing before it is lost', async () => {
    const folder = await newFolder()
    const log = await open({ folder })
    const texts = ['first', 'second record', 'third']
    for (const text of texts) await append(log, text)
    const ends = texts.map((_, index) => texts.slice(0, index + 1).reduce((sum, text) => sum + RECORD_HEADER_BYTES + text.length, 0))
    await log.close()
    const [segment] = await listSegments(folder)
    const whole = join(folder, 'whole')
    await copyFile(segment?.path ?? '', whole)
    for (let size = 0; size <= SEGMENT_HEADER_BYTES + (ends.at(-1) ?? 0); size++) {
      await copyFile(whole, segment?.path ?? '')
      await truncate(segment?.path ?? '', size)
      const torn = await open({ folder })
      const kept = ends.filter((end) => SEGMENT_HEADER_BYTES + end <= size).length
      expect(await readAll(torn)).toEqual(texts.slice(0, kept))
      await append(torn, 'after')
      expect(await readAll(torn)).toEqual([...texts.slice(0, kept), 'after'])
      await torn.close()
    }
  })

  it('may be full of zeros or of nonsense', async () => {
    const folder = await newFolder()
    const log = await open({ folder })
    await append(log, 'kept')
    await log.close()
    const path = (await listSegments(folder))[0]?.path ?? ''
    for (const tail of [Buffer.alloc(5_000), Buffer.from('TNRC'.repeat(100)), Buffer.from('nonsense')]) {
      await writeFile(path, tail, { flag: 'a' })
      const again = await open({ folder })
      expect(await readAll(again)).toEqual(['kept'])
      await again.close()
    }
  })
})

describe('damage in the middle', () => {
  async function damaged(): Promise<string> {
    const folder = await newFolder()
    const log = await open({ folder, segmentBytes: 150 })
    for (let index = 0; index < 9; index++) await append(log, `record ${index} `.padEnd(40, '.'))
    await log.close()
    return folder
  }
  async function flip(folder: string, segment: number, offset: number): Promise<void> {
    const path = (await listSegments(folder))[segment]?.path ?? ''
    const bytes = await readFile(path)
    bytes[SEGMENT_HEADER_BYTES + offset] = (bytes[SEGMENT_HEADER_BYTES + offset] ?? 0) ^ 0xff
    await writeFile(path, bytes)
  }

  it.each([
    ['the mark', 0],
    ['the length', 4],
    ['the parts', 8],
    ['the payload', 20],
  ])('of %s is refused, or skipped and reported when the owner says so', async (_, offset) => {
    const folder = await damaged()
    await flip(folder, 0, 56 + offset)
    const log = await open({ folder, segmentBytes: 150 })
    await expect(readAll(log)).rejects.toSatisfy(LogCorrupt.is)
    await log.close()
    const skipping = await open({ folder, segmentBytes: 150, onCorrupt: 'skip' })
    const texts = await readAll(skipping)
    expect(texts).toHaveLength(8)
    expect(texts.some((text) => text.startsWith('record 1 '))).toBe(false)
    expect(skipping.state().skippedBytes).toBe(56)
  })

  it('of the last segment is found when the log is opened', async () => {
    const folder = await damaged()
    const last = (await listSegments(folder)).length - 1
    await flip(folder, last, 20)
    await expect(openLog({ folder, segmentBytes: 150 })).rejects.toSatisfy(LogCorrupt.is)
    const skipping = await open({ folder, segmentBytes: 150, onCorrupt: 'skip' })
    expect(await readAll(skipping)).toHaveLength(8)
  })

  it('is a missing segment, too', async () => {
    const folder = await damaged()
    await rm((await listSegments(folder))[1]?.path ?? '')
    const log = await open({ folder, segmentBytes: 150 })
    await expect(readAll(log)).rejects.toSatisfy(LogCorrupt.is)
    await log.close()
    expect(await readAll(await open({ folder, segmentBytes: 150, onCorrupt: 'skip' }))).toHaveLength(6)
  })
})

describe('kill -9 under load', () => {
  it('loses no acknowledged record', async () => {
    const folder = await newFolder()
    for (let round = 0; round < 3; round++) {
      const child = spawn(
        process.execPath,
        [...process.execArgv, fileURLToPath(new URL('./log-writer.fixture.ts', import.meta.url)), folder, '40'],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const exited = new Promise((resolve) => child.once('exit', resolve))
      let output = ''
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (data: Buffer) => {
          output += data.toString()
          if (output.length > 4_000 + round * 3_000) resolve()
        })
      })
      child.kill('SIGKILL')
      await exited
      const acknowledged = output.split('\n').slice(0, -1)
      expect(acknowledged.length).toBeGreaterThan(500)
      const before = await open({ folder })
      const found = new Set((await readAll(before)).map((text) => text.split(':')[0]))
      expect(acknowledged.filter((number) => !found.has(number))).toEqual([])
      await before.release(before.state().end)
      await before.close()
    }
  })
})

describe('as a model', () => {
  it('is a list with a position', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), texts: fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 5 }) }),
      fc.record({ do: fc.constant('reopen' as const), tail: fc.uint8Array({ maxLength: 30 }) }),
      fc.record({ do: fc.constant('release' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ do: fc.constant('read' as const), maxBytes: fc.integer({ min: 1, max: 1_000 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const folder = await newFolder()
        const options = { folder, segmentBytes: 400 }
        let log = await openLog(options)
        const model: { readonly at: number; readonly text: string }[] = []
        let end = 0
        try {
          for (const action of steps) {
            if (action.do === 'append') {
              await Promise.all(action.texts.map((text) => append(log, text)))
              for (const text of action.texts) {
                model.push({ at: end, text })
                end += RECORD_HEADER_BYTES + Buffer.byteLength(text)
              }
            } else if (action.do === 'reopen') {
              await log.close()
              const path = (await listSegments(folder)).at(-1)?.path
              if (path !== undefined) await writeFile(path, action.tail, { flag: 'a' })
              log = await openLog(options)
            } else if (action.do === 'release') {
              await log.release(Math.floor(end * action.share))
              expect(log.state().first).toBeLessThanOrEqual(Math.max(end * action.share, 0))
            } else {
              const { first } = log.state()
              expect(await readAll(log, first, action.maxBytes)).toEqual(model.filter(({ at }) => at >= first).map(({ text }) => text))
            }
            expect(log.state().end).toBe(end)
          }
        } finally {
          await log.close()
          await rm(folder, { recursive: true, force: true })
        }
      }),
      { numRuns: 60 },
    )
  })
})
