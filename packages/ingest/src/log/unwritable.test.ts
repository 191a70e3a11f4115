import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { LogWriteFailed } from '../errors.ts'
import type { EventLog } from './event-log.ts'
import { type Fault, failsWith, faultyDisk, isNotSynced, isWritten, takesHalf, takesNothing } from './faulty-disk.fixture.ts'
import { logFolders } from './log-folders.fixture.ts'
import { listSegments, SEGMENT_HEADER_BYTES } from './segment.ts'

const { newFolder, open } = logFolders()

const append = (log: EventLog, name: string) => log.append(Buffer.from(name), 1)
/** Far longer than any that is written afterwards. */
const refusedText = (index: number) => `refused ${index} `.padEnd(1_000, '.')

async function textsOf(log: EventLog): Promise<readonly string[]> {
  const { records } = await log.read({ from: 0, maxBytes: Number.MAX_SAFE_INTEGER, maxParts: Number.MAX_SAFE_INTEGER })
  return records.map(({ payload }) => payload.toString())
}

/** What somebody finds who opens the log after a kill at this moment. */
async function foundAfterKill(folder: string): Promise<readonly string[]> {
  const copy = join(await newFolder(), 'copy')
  await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith('lock') })
  return textsOf(await open({ folder: copy }))
}

/** The first is written alone; the others share the write that goes wrong. */
async function appendOver(log: EventLog): Promise<readonly string[]> {
  const asked = ['kept too', ...[1, 2, 3].map(refusedText)].map((name) => append(log, name))
  return (await Promise.allSettled(asked)).map((one) =>
    one.status === 'fulfilled' ? one.value : LogWriteFailed.is(one.reason) ? 'refused' : String(one.reason),
  )
}

describe('a log whose disk does not take a write', () => {
  const faults: readonly (readonly [string, readonly Fault[]])[] = [
    ['has no room', [failsWith('ENOSPC')]],
    ['has room for a half', [takesHalf, failsWith('ENOSPC')]],
    ['fails', [failsWith('EIO')]],
    ['fails behind the last byte', [isNotSynced]],
    ['takes nothing, and says so', [takesHalf, takesNothing]],
  ]

  it.each(faults)('that %s acknowledges nothing of it, keeps all before it and goes on', async (_, fault) => {
    const folder = await newFolder()
    const disk = faultyDisk()
    const log = await open({ folder, openFile: disk.openFile })
    await append(log, 'kept')
    disk.next.push(isWritten, ...fault)
    expect(await appendOver(log)).toEqual(['durable', 'refused', 'refused', 'refused'])
    expect(disk.next).toEqual([])
    const [segment] = await listSegments(folder)
    expect((await stat(segment?.path ?? '')).size).toBe(SEGMENT_HEADER_BYTES + log.state().end)
    expect(await textsOf(log)).toEqual(['kept', 'kept too'])
    expect(await foundAfterKill(folder)).toEqual(['kept', 'kept too'])
    expect(await append(log, 'after')).toBe('durable')
    expect(await foundAfterKill(folder)).toEqual(['kept', 'kept too', 'after'])
  })

  it('and can not be mended either takes nothing more until it is: a short record must not stand before whole ones of the failed write', async () => {
    const folder = await newFolder()
    const disk = faultyDisk()
    const log = await open({ folder, openFile: disk.openFile })
    await append(log, 'kept')
    disk.next.push(isWritten, isNotSynced)
    disk.failingCuts = 3
    expect(await appendOver(log)).toEqual(['durable', 'refused', 'refused', 'refused'])
    await expect(append(log, 'too early')).rejects.toSatisfy(LogWriteFailed.is)
    expect(await append(log, 'after')).toBe('durable')
    expect(await textsOf(log)).toEqual(['kept', 'kept too', 'after'])
    expect(await foundAfterKill(folder)).toEqual(['kept', 'kept too', 'after'])
  })

  it('when it turns to a new segment turns to it with the next record', async () => {
    const folder = await newFolder()
    const disk = faultyDisk()
    const log = await open({ folder, segmentBytes: 10, openFile: disk.openFile })
    await append(log, 'kept')
    for (const fault of [[failsWith('ENOSPC')], [takesHalf, failsWith('ENOSPC')], [isNotSynced]]) {
      disk.next.push(...fault)
      await expect(append(log, refusedText(1))).rejects.toSatisfy(LogWriteFailed.is)
      expect(disk.next).toEqual([])
      expect(await foundAfterKill(folder)).toEqual(['kept'])
    }
    expect(await append(log, 'after')).toBe('durable')
    expect(await foundAfterKill(folder)).toEqual(['kept', 'after'])
    expect(await listSegments(folder)).toHaveLength(2)
  })
})

it.skipIf(process.platform === 'win32')(
  'a log that may not grow, by a limit of the system, keeps what it acknowledged and takes what fits',
  async () => {
    const folder = await newFolder()
    const fixture = fileURLToPath(new URL('./log-filler.fixture.ts', import.meta.url))
    // 64 blocks of 512 bytes, or of 1,024: which of them depends on the shell.
    const child = spawn('sh', ['-c', 'ulimit -f 64 && exec "$@"', 'sh', process.execPath, ...process.execArgv, fixture, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')])
    const { kept, reason }: { readonly kept: readonly string[]; readonly reason: string } = JSON.parse(said)
    expect(reason).toContain('EFBIG')
    expect(kept.length).toBeGreaterThan(4)
    expect(kept.at(-1)).toBe('a small one ')
    expect((await textsOf(await open({ folder }))).map((found) => found.replace(/\.+$/, ''))).toEqual(kept)
  },
)
