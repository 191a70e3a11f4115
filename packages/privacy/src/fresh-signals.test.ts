import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { freshSignals, type SignalReceipt } from './fresh-signals.ts'
import { at, said } from './ledger.fixture.ts'
import type { Kept } from './ledger.ts'

const yes = (minute: number): SignalReceipt => ({ ...said({ at: at(minute) }), profile: 1 })
const no = (minute: number): SignalReceipt => ({ ...said({ state: 'denied', at: at(minute) }), profile: 1 })
const heldBy1 = (known: readonly SignalReceipt[]) =>
  new Map([[1, known.map((receipt) => ({ profile: receipt.profile, receipt, isOfAll: true }))]])
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

  it('hears a lasting yes again once one that ends was said after the last', () => {
    const ending: SignalReceipt = { ...yes(20), expiresAt: at(60) }
    expect(kept([yes(1)], [yes(90)])).toEqual([])
    expect(kept([yes(1), ending], [yes(25), yes(90)])).toEqual([['granted', 90]])
  })

  it('puts a no that comes late behind a yes that was said again since, unless a yes answers it', () => {
    const known = (repeated: number): ReadonlyMap<number, readonly Kept[]> =>
      new Map([
        [
          1,
          [
            { profile: 1, receipt: { ...yes(repeated), id: 'first' }, isOfAll: false },
            { profile: 1, receipt: { ...yes(50), id: 'again', source: 'unmerge', evidence: { repeats: 'first' } }, isOfAll: true },
          ],
        ],
      ])
    const heard = (repeated: number, ...signals: SignalReceipt[]) =>
      freshSignals(known(repeated), signals).map(({ at: time, evidence }) => [time.getTime() - at(0).getTime(), evidence.saidAt])
    const minutes = (count: number): number => count * 60_000
    expect(heard(5, no(30))).toEqual([[minutes(50) + 1, at(30).toISOString()]])
    // Of before the yes, of before its end, answered since.
    expect(heard(40, no(30))).toEqual([[minutes(30), undefined]])
    expect(heard(5, { ...no(30), expiresAt: at(45) })).toEqual([[minutes(30), undefined]])
    expect(heard(5, no(30), yes(45))).toEqual([[minutes(30), undefined]])
    // In the same minutes a yes is no answer, nor is one on a basis that may be nothing to the policy.
    const moved = [minutes(50) + 1, at(30).toISOString()]
    expect(heard(5, no(30), yes(35))).toEqual([moved])
    expect(heard(5, no(30), { ...yes(70), basis: 'contract' })).toEqual([moved, [minutes(70), undefined]])
  })

  it('leaves no such no out for an older one', () => {
    const known = new Map([
      [
        1,
        [
          { profile: 1, receipt: no(24), isOfAll: true },
          { profile: 1, receipt: { ...yes(28), id: 'first' }, isOfAll: true },
          { profile: 1, receipt: { ...yes(48), id: 'again', source: 'merge', evidence: { repeats: 'first' } }, isOfAll: true },
        ],
      ],
    ])
    expect(freshSignals(known, [no(30)])).toMatchObject([{ state: 'denied', evidence: { saidAt: at(30).toISOString() } }])
    const moved = freshSignals(known, [no(30)]).map((receipt) => ({ profile: 1, receipt, isOfAll: true }))
    expect(freshSignals(new Map([[1, [...(known.get(1) ?? []), ...moved]]]), [no(30), no(31)])).toEqual([])
  })

  it('keeps people and purposes apart', () => {
    const other = { ...yes(3), profile: 2 }
    const part = { ...yes(3), purpose: 'marketing.sms' }
    expect(kept([yes(1)], [other, part])).toHaveLength(2)
  })

  it('leaves no no out for one that does not speak for all that the person is', () => {
    const others: readonly Kept[] = [
      { profile: 2, receipt: no(1), isOfAll: true },
      { profile: 1, receipt: no(1), isOfAll: false },
      { profile: 1, receipt: { ...no(1), source: 'merge' }, isOfAll: true },
      { profile: 1, receipt: { ...no(1), source: 'unmerge' }, isOfAll: true },
    ]
    for (const other of others) {
      const heard = (signals: readonly SignalReceipt[]) => freshSignals(new Map([[1, [other]]]), signals).map(({ at: time }) => time)
      expect(heard([no(2), no(3)])).toEqual([at(2)])
      // It is a no of the person all the same: a yes by signal counts ten minutes after it.
      expect(heard([yes(5), yes(12)])).toEqual([at(12)])
    }
  })

  it('puts a no behind the one of the same instant that does not speak for all', () => {
    const known = new Map([[1, [{ profile: 1, receipt: no(1), isOfAll: false }]]])
    expect(freshSignals(known, [no(1), no(1)]).map(({ at: time }) => time.getTime() - at(1).getTime())).toEqual([1])
    expect(freshSignals(new Map([[1, [{ profile: 2, receipt: no(1), isOfAll: true }]]]), [no(1)]).map(({ at: time }) => time)).toEqual([
      at(1),
    ])
  })

  it('hides no lasting no behind one that runs out', () => {
    const ending = (minute: number, end: number): SignalReceipt => ({ ...no(minute), expiresAt: at(end) })
    expect(kept([ending(1, 2)], [no(5), no(6)])).toEqual([['denied', 5]])
    expect(kept([ending(1, 60)], [ending(5, 64), ending(6, 90)])).toEqual([['denied', 6]])
    expect(kept([no(1)], [ending(5, 90)])).toEqual([])
    // The later one does not last as long as the one before it.
    expect(kept([ending(1, 90), ending(2, 30)], [ending(5, 80)])).toEqual([])
  })

  it('takes the yes of any of them for a yes of the person: who leaves says it again', () => {
    for (const other of [
      { profile: 2, receipt: yes(1), isOfAll: true },
      { profile: 1, receipt: yes(1), isOfAll: false },
    ])
      expect(freshSignals(new Map([[1, [other]]]), [yes(2), yes(90)])).toEqual([])
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
