import type { ConsentPolicy, Receipt } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { afterUnmerge } from './after-unmerge.ts'
import { freshSignals } from './fresh-signals.ts'
import { spoken } from './silence.ts'
import { stricterOnMerge } from './stricter-on-merge.ts'

const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minute))
const MERGED = at(10)
const NOW = at(20)

/** The earlier expiry is the stricter one. */
const policy: ConsentPolicy = {
  jurisdictions: ['*'],
  purposes: [],
  decide: () => ({ granted: false, reason: { code: 'NO', detail: {} } }),
  stricter: (left, right) => ((left.expiresAt?.getTime() ?? Infinity) <= (right.expiresAt?.getTime() ?? Infinity) ? left : right),
  interpret: () => [],
}

const said = (id: string, state: Receipt['state'], minute: number, more: Partial<Receipt> = {}): Receipt => ({
  ...{ id, purpose: 'marketing', state, basis: 'consent', notice: '1', source: 'form', at: at(minute), evidence: {} },
  ...more,
})

const sides = (restored: readonly Receipt[], remaining: readonly Receipt[]) => ({
  restored: { profile: 1, receipts: restored, isMany: false },
  remaining: { profile: 2, receipts: remaining, parts: [{ profile: 2, receipts: remaining, under: [2] }] },
})

const unmerge = (restored: readonly Receipt[], remaining: readonly Receipt[]) =>
  afterUnmerge(
    {
      ...sides(restored, remaining),
      shared: new Set(remaining.flatMap((receipt) => (receipt.at >= MERGED ? [receipt.id] : []))),
      at: NOW,
    },
    new Map([['policy', policy]]),
  ).map(({ profile, state, evidence, source, at: when }) => ({ profile, state, of: evidence.repeats, source, when }))

const again = (profile: number, state: Receipt['state'], of: string, when = NOW) => ({ profile, state, of, source: 'unmerge', when })
const SILENT = { profile: 2, state: 'withdrawn', of: undefined, source: 'unmerge', when: NOW }
/** Just behind what was said then. */
const behind = (minute: number): Date => new Date(at(minute).getTime() + 1)

describe('after an unmerge', () => {
  it('each side is bound by what it said itself, without another word', () => {
    expect(unmerge([said('l', 'granted', 1)], [said('w', 'denied', 2)])).toEqual([])
    expect(unmerge([], [said('w', 'granted', 2)])).toEqual([])
    expect(unmerge([], [])).toEqual([])
  })

  it('a no of the time between binds both', () => {
    expect(unmerge([said('l', 'granted', 1)], [said('x', 'withdrawn', 12), said('w', 'granted', 2)])).toEqual([again(1, 'withdrawn', 'x')])
    expect(unmerge([], [said('x', 'denied', 12)])).toEqual([again(1, 'denied', 'x')])
  })

  it('a yes of the time between loosens neither, and is not given to whom nobody had asked', () => {
    expect(unmerge([said('l', 'denied', 1)], [said('x', 'granted', 12), said('w', 'denied', 2)])).toEqual([again(2, 'denied', 'w')])
    expect(unmerge([], [said('x', 'granted', 12)])).toEqual([SILENT])
    expect(unmerge([said('l', 'granted', 1)], [said('x', 'granted', 12)])).toEqual([SILENT])
    // Nor when the next one leaves.
    const of = afterUnmerge(
      { ...sides([], [said('y', 'granted', 13), said('x', 'granted', 12)]), shared: new Set(['x', 'y']), at: NOW },
      new Map([['policy', policy]]),
    )
    const silence = { id: 's', ...of[0] } as Receipt
    expect(spoken([silence, said('y', 'granted', 13), said('x', 'granted', 12)])).toEqual([])
    expect(unmerge([said('k', 'granted', 3)], [silence, said('y', 'granted', 13), said('x', 'granted', 12)])).toEqual([])
    const [first] = unmerge([said('k', 'granted', 3)], [said('z', 'denied', 25), silence, said('y', 'granted', 13)])
    expect(first).toEqual(again(1, 'denied', 'z', NOW))
  })

  it('of two kinds of yes the stricter binds', () => {
    const narrow = said('x', 'granted', 12, { expiresAt: at(60) })
    expect(unmerge([said('l', 'granted', 1)], [narrow, said('w', 'granted', 2)])).toEqual([again(1, 'granted', 'x', behind(1))])
    expect(unmerge([said('l', 'granted', 1, { expiresAt: at(30) })], [narrow, said('w', 'granted', 2, { expiresAt: at(30) })])).toEqual([
      again(2, 'granted', 'w', behind(12)),
    ])
  })

  it('what the merge had said for the other side does not bind any more, through any number of merges', () => {
    const copy = said('c1', 'denied', 10, { source: 'merge', evidence: { repeats: 'l' } })
    const copyOfCopy = said('c2', 'denied', 14, { source: 'merge', evidence: { repeats: 'c1' } })
    const own = [said('l', 'denied', 1)]
    expect(unmerge(own, [copy, said('w', 'granted', 5)])).toEqual([again(2, 'granted', 'w', behind(10))])
    expect(unmerge(own, [copyOfCopy, copy, said('w', 'granted', 5)])).toEqual([again(2, 'granted', 'w', behind(14))])
    expect(unmerge(own, [said('x', 'denied', 12), copy, said('w', 'granted', 5)])).toEqual([])
  })

  it('what was said again meanwhile of a third one who stays does not bind who leaves', () => {
    const third = said('t', 'denied', 5)
    for (const source of ['merge', 'unmerge']) {
      const copy = said('c', 'denied', 12, { source, evidence: { repeats: 't' } })
      const copyOfCopy = said('cc', 'denied', 14, { source, evidence: { repeats: 'c' } })
      const others = [copyOfCopy, copy, third, said('w', 'granted', 2)]
      expect(unmerge([said('l', 'granted', 1)], others).filter(({ profile }) => profile === 1)).toEqual([])
      expect(unmerge([], others).filter(({ profile }) => profile === 1)).toEqual([])
      // What one of the two said meanwhile does, also where it was said again.
      const of = { ...copy, evidence: { repeats: 'x' } }
      // Nor does a fourth one who has left already: what a merge said again of them is nobody's word.
      const left = said('cl', 'denied', 12, { source: 'merge', evidence: { repeats: 'gone' } })
      const back = said('u', 'granted', 13, { source: 'unmerge', evidence: { repeats: 'w' } })
      expect(unmerge([said('l', 'granted', 1)], [back, left, said('w', 'granted', 5)])).toEqual([])
      expect(unmerge([said('l', 'granted', 1)], [of, said('x', 'denied', 11), third])).toContainEqual(again(1, 'denied', 'c'))
    }
  })

  it('keeps purposes apart', () => {
    expect(unmerge([said('l', 'granted', 1)], [said('x', 'denied', 12, { purpose: 'profile' })])).toEqual([again(1, 'denied', 'x')])
  })

  it('a yes of others who have left is nobody’s: who was never asked is silent again', () => {
    const copy = said('c1', 'granted', 10, { source: 'merge', evidence: { repeats: 'a' } })
    const again1 = said('c2', 'granted', 14, { source: 'unmerge', evidence: { repeats: 'd' } })
    // Of two who had both said yes, one leaves and then the other; the one who stays had said nothing.
    const [first] = unmerge([said('a', 'granted', 1)], [copy, said('d', 'granted', 2)])
    expect(first).toEqual(again(2, 'granted', 'd', behind(10)))
    expect(unmerge([said('d', 'granted', 2)], [again1, copy])).toEqual([SILENT])
    expect(unmerge([said('a', 'granted', 1)], [copy])).toEqual([SILENT])
    // Somebody who said something is bound by that, and a no of the time between still binds.
    expect(unmerge([said('d', 'granted', 2)], [again1, copy, said('w', 'granted', 5)])).toEqual([again(2, 'granted', 'w', behind(14))])
    const no = said('n', 'denied', 13, { source: 'unmerge', evidence: { repeats: 'x' } })
    expect(unmerge([said('d', 'granted', 2)], [again1, no])).toEqual([again(1, 'denied', 'n'), again(2, 'denied', 'n')])
  })

  it('a no that is recorded at the same moment is not lost to a yes that is said again, nor a no that is to a yes of before', () => {
    const unseen = at(19)
    const [yes, ...none] = unmerge(
      [said('l', 'denied', 1)],
      [said('c1', 'denied', 10, { source: 'merge', evidence: { repeats: 'l' } }), said('w', 'granted', 5)],
    )
    expect([yes?.state, none]).toEqual(['granted', []])
    expect(yes?.when.getTime()).toBeLessThan(unseen.getTime())
    const [no] = unmerge([said('l', 'granted', 1)], [said('x', 'withdrawn', 12), said('w', 'granted', 2)])
    expect(no?.when.getTime()).toBeGreaterThan(unseen.getTime())
    // Also where a clock was ahead.
    expect(unmerge([said('l', 'granted', 30)], [said('x', 'withdrawn', 12)])).toEqual([again(1, 'withdrawn', 'x', behind(30))])

    const merged = (...before: readonly (readonly Receipt[])[]) =>
      stricterOnMerge({ into: 2, before, at: NOW, policies: new Map([['policy', policy]]) }).map((receipt) => [receipt.state, receipt.at])
    expect(merged([said('n', 'denied', 3)], [said('y', 'granted', 12)])).toEqual([['denied', NOW]])
    expect(merged([said('n', 'granted', 3, { expiresAt: at(60) })], [said('y', 'granted', 12)])).toEqual([['granted', behind(12)]])
  })

  it('a silence is no word: what anybody says goes before it', () => {
    const silence = said('s', 'withdrawn', 15, { source: 'unmerge', expiresAt: at(15), evidence: { takesBack: 'c1' } })
    expect(unmerge([], [said('w', 'granted', 16), silence])).toEqual([SILENT])
    expect(unmerge([], [silence, said('w', 'granted', 5)])).toEqual([again(2, 'granted', 'w', behind(15))])
    expect(unmerge([said('l', 'granted', 1)], [silence])).toEqual([])
    expect(unmerge([silence], [said('x', 'denied', 16)])).toEqual([again(1, 'denied', 'x')])
    const merged = (...before: readonly (readonly Receipt[])[]) =>
      stricterOnMerge({ into: 2, before, at: NOW, policies: new Map([['policy', policy]]) }).map(({ state, evidence }) => [
        state,
        evidence.repeats,
      ])
    expect(merged([silence], [said('e', 'granted', 3)])).toEqual([['granted', 'e']])
    expect(merged([silence], [said('e', 'granted', 17)])).toEqual([])
    expect(merged([silence], [silence])).toEqual([])
    // A no that somebody wrote down afterwards, of before.
    expect(merged([silence, said('n', 'denied', 12)], [said('e', 'granted', 17)])).toEqual([['denied', 'n']])
  })

  it('a silence hides no signal, whether it is of before or afterwards', () => {
    const copy = said('c1', 'granted', 10, { source: 'merge', evidence: { repeats: 'a' } })
    const silence = said('s', 'withdrawn', 15, { source: 'unmerge', expiresAt: at(15), evidence: { takesBack: 'c1' } })
    const known = new Map([[2, [silence, copy].map((receipt) => ({ profile: 2, receipt, isOfAll: true }))]])
    for (const [state, minute] of [
      ['denied', 14],
      ['denied', 16],
      ['granted', 16],
    ] as const) {
      const { id: _, ...signal } = said('signal', state, minute)
      expect(freshSignals(known, [{ ...signal, profile: 2 }])).toHaveLength(1)
    }
  })
})
