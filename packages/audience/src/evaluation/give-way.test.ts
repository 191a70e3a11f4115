import { noMeter } from '@tenon/kernel/contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import { createGiveWay, type GiveWay } from './give-way.ts'

let time: number
let counted: number
let way: GiveWay
beforeEach(() => {
  time = 1_000_000
  counted = 0
  way = createGiveWay({
    meter: {
      ...noMeter,
      count(_metric, _labels, by = 1) {
        counted += by
      },
    },
    now: () => time,
    async sleep(ms) {
      time += ms
    },
  })
})

/** How long somebody rests who begins now, in milliseconds. */
async function rest(signal = new AbortController().signal): Promise<number> {
  const begun = time
  await way.rest(signal)
  return time - begun
}

describe('an evaluation that gives way', () => {
  it('rests not at all where nothing is stored', async () => {
    way.worked(60_000)
    expect(await rest()).toBe(0)
    expect(counted).toBe(0)
  })

  it('rests for as long as it worked while events are stored', async () => {
    way.stored(2_000)
    way.worked(1_000)
    expect(await rest()).toBe(1_000)
    expect(await rest()).toBe(0)
    expect(counted).toBe(1)
  })

  it('rests three times as long while they come late, whatever other logs do meanwhile', async () => {
    way.stored(2_001)
    way.stored(0)
    way.worked(1_000)
    expect(await rest()).toBe(3_000)
  })

  it('rests twelve times as long while storing does not keep up', async () => {
    way.stored(20_001)
    way.worked(1_000)
    expect(await rest()).toBe(12_000)
    way.stored(20_000)
    way.worked(1_000)
    time += 3_000
    expect(await rest()).toBe(0)
  })

  it('owes for all who worked, and half a minute at the most', async () => {
    way.stored(10_000)
    way.worked(1_000)
    way.worked(10)
    expect(await rest()).toBe(3_050)
    way.worked(1_000_000)
    way.stored(10_000)
    time += 14_000
    way.stored(10_000)
    time += 14_000
    way.stored(10_000)
    expect(await rest()).toBe(2_000)
  })

  it('is not held up by somebody who stores nothing any more', async () => {
    way.stored(0)
    way.worked(60_000)
    expect(await rest()).toBe(5_000)
    way.stored(10_000)
    way.worked(60_000)
    expect(await rest()).toBe(15_000)
  })

  it('is not held up when it ends', async () => {
    way.stored(10_000)
    way.worked(1_000)
    expect(await rest(AbortSignal.abort())).toBe(0)
  })
})
