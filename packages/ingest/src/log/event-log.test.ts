import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LogClosed } from '../errors.ts'
import type { EventLog, EventLogs, OpenLogs } from './event-log.ts'
import { type LogPlace, type LogSize, logKinds } from './log-places.fixture.ts'

const EVERYTHING = { maxBytes: Number.MAX_SAFE_INTEGER, maxParts: Number.MAX_SAFE_INTEGER }

describe.each(logKinds)('the contract of a log: $kind', ({ missing, place: openPlace }) => {
  let place: LogPlace
  const opened = new Set<EventLogs>()
  beforeAll(async () => {
    if (missing === undefined) place = await openPlace()
  })
  afterAll(() => place?.close())
  afterEach(async () => {
    for (const logs of opened) await logs.close()
    opened.clear()
  })
  const test = it.skipIf(missing !== undefined)

  async function open(openLogs: OpenLogs): Promise<EventLog> {
    const logs = await openLogs()
    opened.add(logs)
    return logs.logOf({ workspace: 'main', source: 'web' })
  }
  const openNew = (size?: LogSize): Promise<EventLog> => open(place.make()(size))
  async function closeAll(): Promise<void> {
    for (const logs of opened) await logs.close()
    opened.clear()
  }
  const append = (log: EventLog, text: string, parts = 1) => log.append(Buffer.from(text), parts)
  async function readAll(log: EventLog, from?: number, maxBytes = 1_000_000): Promise<string[]> {
    const { first, end } = await log.look()
    const texts: string[] = []
    for (let next = Math.max(from ?? 0, first); next < end; ) {
      const chunk = await log.read({ from: next, maxBytes, maxParts: Number.MAX_SAFE_INTEGER })
      texts.push(...chunk.records.map(({ payload }) => payload.toString()))
      if (chunk.next === next) throw new Error('the log stands still')
      next = chunk.next
    }
    return texts
  }

  test('gives back what was appended, in order, also after it was opened again', async () => {
    const openLogs = place.make()()
    const log = await open(openLogs)
    for (const text of ['one', '', '三 \0']) expect(await append(log, text, 2)).toBe('durable')
    expect(await readAll(log)).toEqual(['one', '', '三 \0'])
    expect(await log.countParts(0, log.state().end)).toBe(6)
    await closeAll()
    const again = await open(openLogs)
    expect(again.id).toBe(log.id)
    expect(again.state()).toEqual(log.state())
    expect(await readAll(again)).toEqual(['one', '', '三 \0'])
    expect(await again.countParts(0, again.state().end)).toBe(6)
  })

  test('counts no part where its writer says that there is none', async () => {
    const log = await openNew()
    await append(log, 'a replay', 0)
    expect(await log.countParts(0, log.state().end)).toBe(0)
    await append(log, 'an event', 1)
    await append(log, 'a replay', 0)
    expect(await log.countParts(0, log.state().end)).toBe(1)
    expect(await readAll(log)).toEqual(['a replay', 'an event', 'a replay'])
  })

  test('is another log in another place', async () => {
    expect((await openNew()).id).not.toBe((await openNew()).id)
  })

  test('keeps the order of those who wait together, and names every record once', async () => {
    const log = await openNew()
    const texts = Array.from({ length: 500 }, (_, index) => `record ${index}`)
    expect(new Set(await Promise.all(texts.map((text) => append(log, text))))).toEqual(new Set(['durable']))
    expect(await readAll(log)).toEqual(texts)
    expect(await readAll(log, 0, 10)).toEqual(texts)
    const { records } = await log.read({ from: 0, ...EVERYTHING })
    expect(new Set(records.map(({ place: name }) => name)).size).toBe(500)
    const again = await log.read({ from: 0, ...EVERYTHING })
    expect(again.records.map(({ place: name }) => name)).toEqual(records.map(({ place: name }) => name))
    expect(await log.countParts(0, log.state().end)).toBe(500)
  })

  test('reads no more than was asked for, but never nothing', async () => {
    const log = await openNew()
    for (const text of ['aaaa', 'bbbb', 'cccc']) await append(log, text, 5)
    const one = await log.read({ from: 0, maxBytes: 1, maxParts: 1 })
    expect(one.records.map(({ payload }) => payload.toString())).toEqual(['aaaa'])
    const two = await log.read({ from: one.next, maxBytes: 10_000, maxParts: 9 })
    expect(two.records.map(({ payload }) => payload.toString())).toEqual(['bbbb'])
    const until = await log.read({ from: 0, maxBytes: 10_000, maxParts: 100, until: two.next })
    expect(until.records).toHaveLength(2)
    expect(until.next).toBe(two.next)
    expect([one.parts, two.parts, until.parts]).toEqual([5, 5, 10])
    expect((await log.read({ from: log.state().end, maxBytes: 1, maxParts: 1 })).records).toEqual([])
    expect(await log.countParts(one.next, two.next)).toBe(5)
    expect(await log.countParts(0, two.next)).toBe(10)
    expect(await log.countParts(two.next, log.state().end)).toBe(5)
  })

  test('reads from any position again, forwards and backwards', async () => {
    const log = await openNew()
    const ends = [0]
    for (let index = 0; index < 40; index++) {
      await append(log, `record ${index}`)
      ends.push(log.state().end)
    }
    for (const index of [39, 0, 20, 20, 5, 38, 1]) {
      const from = ends[index] ?? 0
      expect(await readAll(log, from)).toEqual(Array.from({ length: 40 - index }, (_, more) => `record ${index + more}`))
      const until = ends[index + 1] ?? 0
      expect((await log.read({ from, ...EVERYTHING, until })).records.map(({ payload }) => payload.toString())).toEqual([`record ${index}`])
    }
  })

  test('takes a record of nearly a megabyte among small ones', async () => {
    const log = await openNew()
    const texts = ['small', 'x'.repeat(900_000), 'small again', 'y'.repeat(900_000)]
    await Promise.all(texts.map((text) => append(log, text)))
    expect(await readAll(log)).toEqual(texts)
  })

  test('wakes who waits for more, and who is told to stop', async () => {
    const log = await openNew()
    const waiting = log.whenBeyond(0, new AbortController().signal)
    await append(log, 'x')
    await waiting
    const stop = new AbortController()
    const stopped = log.whenBeyond(log.state().end, stop.signal)
    stop.abort()
    await stopped
    await log.whenBeyond(0, new AbortController().signal)
    await log.whenBeyond(100, AbortSignal.abort())
  })

  test('is full at its budget, keeps what it has, and has room again when something is released', async () => {
    const log = await openNew({ budgetBytes: 200_000 })
    let kept = 0
    for (let round = 0; round < 3; round++) {
      const from = log.state().end
      const answers: string[] = []
      for (let wave = 0; wave < 6; wave++) {
        answers.push(...(await Promise.all(Array.from({ length: 5 }, () => append(log, 'x'.repeat(10_000))))))
      }
      const durable = answers.filter((answer) => answer === 'durable').length
      expect(durable).toBeGreaterThan(9)
      expect(durable).toBeLessThan(21)
      expect(answers.at(-1)).toBe('full')
      expect(await readAll(log, from)).toHaveLength(durable)
      kept += durable
      await log.release(log.state().end)
    }
    expect(kept).toBeGreaterThan(29)
    expect((await log.look()).bytes).toBeLessThan(100_000)
  })

  test('forgets what is released, and never what is not', async () => {
    const openLogs = place.make()()
    const log = await open(openLogs)
    for (let index = 0; index < 60; index++) await append(log, `${index} `.padEnd(1_000, '.'))
    const half = await log.read({ from: 0, maxBytes: Number.MAX_SAFE_INTEGER, maxParts: 30 })
    await log.release(half.next)
    expect((await log.look()).first).toBeLessThanOrEqual(half.next)
    expect(await readAll(log, half.next)).toHaveLength(30)
    const { end } = log.state()
    await log.release(end)
    await closeAll()
    const again = await open(openLogs)
    expect(again.state().end).toBe(end)
    expect(await append(again, 'next')).toBe('durable')
    expect(await readAll(again, end)).toEqual(['next'])
  })

  test('takes nothing once it is closed', async () => {
    const log = await openNew()
    const last = append(log, 'last')
    await closeAll()
    expect(await last).toBe('durable')
    await expect(append(log, 'too late')).rejects.toSatisfy(LogClosed.is)
  })

  test('is a list with a position', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), texts: fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 5 }) }),
      fc.constant({ do: 'reopen' as const }),
      fc.record({ do: fc.constant('release' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ do: fc.constant('read' as const), maxBytes: fc.integer({ min: 1, max: 1_000 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const openLogs = place.make()()
        let log = await open(openLogs)
        const model: { readonly end: number; readonly text: string }[] = []
        let released = 0
        for (const action of steps) {
          if (action.do === 'append') {
            for (const text of action.texts) {
              await append(log, text)
              model.push({ end: log.state().end, text })
            }
          } else if (action.do === 'reopen') {
            await closeAll()
            log = await open(openLogs)
          } else if (action.do === 'release') {
            released = Math.max(released, model[Math.floor(model.length * action.share) - 1]?.end ?? 0)
            await log.release(released)
          } else {
            const kept = model.filter(({ end }) => end > released)
            expect(await readAll(log, released, action.maxBytes)).toEqual(kept.map(({ text }) => text))
            expect(await log.countParts(released, log.state().end)).toBe(kept.length)
          }
          expect(log.state().end).toBe(model.at(-1)?.end ?? 0)
        }
        await closeAll()
      }),
      { numRuns: 25 },
    )
  })
})
