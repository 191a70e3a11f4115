import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

/** Writes that are underway until the test ends them, in order. */
function slowDisk() {
  const written: string[] = []
  const ends: PromiseWithResolvers<void>[] = []
  return {
    written,
    write(bytes: Buffer): Promise<void> {
      written.push(bytes.toString())
      const end = Promise.withResolvers<void>()
      ends.push(end)
      return end.promise
    },
    succeed: () => ends.shift()?.resolve(),
    fail: (reason: string) => ends.shift()?.reject(new Error(reason)),
  }
}

describe('a group commit', () => {
  it('writes once for all who came while the write before was underway, in their order', async () => {
    const disk = slowDisk()
    const group = createGroupCommit(disk.write)
    const add = (text: string) => group.add([Buffer.from(text), Buffer.from(';')], text.length + 1)
    const first = add('0')
    const others = Array.from({ length: 500 }, (_, index) => add(String(index + 1)))
    expect(disk.written).toEqual(['0;'])
    disk.succeed()
    await first
    expect(disk.written).toEqual(['0;', Array.from({ length: 500 }, (_, index) => `${index + 1};`).join('')])
    disk.succeed()
    await Promise.all(others)
    const last = add('last')
    disk.succeed()
    await last
    expect(disk.written).toHaveLength(3)
  })

  it('lets nobody go before the write is through that has his bytes', async () => {
    const disk = slowDisk()
    const group = createGroupCommit(disk.write)
    const told: string[] = []
    const asked = ['a', 'b'].map((text) => group.add([Buffer.from(text)], 1).then(() => told.push(text)))
    const settled = group.settled().then(() => told.push('settled'))
    expect(group.queuedBytes).toBe(2)
    await setImmediate()
    expect(told).toEqual([])
    disk.succeed()
    await asked[0]
    expect(told).toEqual(['a'])
    expect(group.queuedBytes).toBe(1)
    disk.succeed()
    await Promise.all([...asked, settled])
    expect(told).toEqual(['a', 'b', 'settled'])
    expect(group.queuedBytes).toBe(0)
  })

  it('fails all of one group, and none of the next', async () => {
    const disk = slowDisk()
    const group = createGroupCommit(disk.write)
    const add = (text: string) => group.add([Buffer.from(text)], 1)
    const first = add('a')
    const second = Promise.allSettled([add('b'), add('c')])
    disk.succeed()
    await first
    const third = add('d')
    disk.fail('full')
    expect((await second).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    disk.succeed()
    await third
    await group.settled()
    expect(disk.written).toEqual(['a', 'bc', 'd'])
    expect(group.queuedBytes).toBe(0)
  })
})
