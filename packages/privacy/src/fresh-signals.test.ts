import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { freshSignals, type SignalReceipt } from './fresh-signals.ts'
import { at, said } from './ledger.fixture.ts'

const yes = (minute: number): SignalReceipt => ({ ...said({ at: at(minute) }), profile: 1 })
const no = (minute: number): SignalReceipt => ({ ...said({ state: 'denied', at: at(minute) }), profile: 1 })
const heldBy1 = (known: readonly SignalReceipt[]) => new Map([[1, known.map((receipt) => ({ profile: receipt.profile, receipt }))]])
const kept = (known: readonly SignalReceipt[], signals: readonly SignalReceipt[]) =>
  freshSignals(heldBy1(known), signals).map(({ state, at: time }) => [state, (time.getTime() - at(0).getTime()) / 60_000])

describe('freshSignals', () => {
  it('keeps what changes something', () => {
    expect(kept([], [yes(1), yes(2), yes(90)])).toEqual([['granted', 1]])
    expect(kept([], [no(1), no(2), no(12)])).toEqual([
      ['denied', 1],
      ['denied', 12],
    ])
    expect(kept([yes(1)], [no(2)])).toEqual([['denied', 2]])
  })

  it('hears a yes by signal ten minutes after a no', () => {
    expect(kept([no(1)], [yes(5)])).toEqual([])
    expect(kept([no(1)], [yes(12)])).toEqual([['granted', 12]])
  })

  it('repeats a yes that ends, now and then', () => {
    const ending = { ...yes(1), expiresAt: at(60) }
    expect(kept([ending], [yes(2), yes(20)])).toEqual([['granted', 20]])
  })

  it('keeps people and purposes apart', () => {
    const other = { ...yes(3), profile: 2 }
    const part = { ...yes(3), purpose: 'marketing.sms' }
    expect(kept([yes(1)], [other, part])).toHaveLength(2)
  })

  it('leaves nothing out for what came with another profile of the person, or was said again by a merge', () => {
    const elsewhere = (receipt: SignalReceipt) => ({ ...receipt, profile: 2 })
    const copied = (receipt: SignalReceipt) => ({ ...receipt, source: 'merge' })
    for (const others of [elsewhere, copied]) {
      expect(kept([others(no(1))], [no(2), no(3)])).toEqual([['denied', 2]])
      expect(kept([others(yes(1))], [yes(2), yes(3)])).toEqual([['granted', 2]])
      // A no of any of them is a no: a yes by signal counts ten minutes after it.
      expect(kept([others(no(1))], [yes(5), yes(12)])).toEqual([['granted', 12]])
    }
    const unmerged = { ...no(1), source: 'unmerge' }
    expect(kept([unmerged], [no(2), yes(5)])).toEqual([['denied', 2]])
  })

  it('never loses the last no, in whatever order and batches signals arrive', () => {
    const moments = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 })
    const history = moments.chain((minutes) =>
      fc.tuple(
        fc.shuffledSubarray(
          minutes.map((minute, index) => (index % 2 === 0 || minute === Math.max(...minutes) ? no(minute) : yes(minute))),
          { minLength: minutes.length },
        ),
        fc.integer({ min: 1, max: 4 }),
      ),
    )
    fc.assert(
      fc.property(history, ([signals, size]) => {
        let ledger: readonly SignalReceipt[] = []
        for (let from = 0; from < signals.length; from += size) {
          ledger = [...ledger, ...freshSignals(heldBy1(ledger), signals.slice(from, from + size))]
        }
        const last = ledger.toSorted((left, right) => right.at.getTime() - left.at.getTime() || (left.state === 'granted' ? 1 : -1))[0]
        expect(last?.state).toBe('denied')
      }),
      { numRuns: 500 },
    )
  })
})
