import type { Owner } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentityCache } from './identity-cache.ts'

const since = new Date('2026-01-01T00:00:00Z')
const email = (value: string) => ({ type: 'email', value })
const owner = (profile: number, ...values: readonly string[]): Owner => ({
  profile,
  firstSeen: since,
  identifiers: values.map((value) => ({ ...email(value), since })),
})
const change = (owners: readonly Owner[], more = {}) => ({ workspace: 'w', before: 0, after: 0, owners, gone: [], settled: [], ...more })

describe('the cache of identities', () => {
  it('knows owners at the version that they were learned with, and at no other', () => {
    const cache = createIdentityCache()
    const an = owner(1, 'an')
    cache.learn(change([an], { before: 3, after: 4 }))
    expect(cache.look('w', 4, [email('an'), email('bo')])).toEqual({ owners: [an], unknown: [email('bo')] })
    expect(cache.look('w', 5, [email('an')])).toEqual({ owners: [], unknown: [email('an')] })
    expect(cache.look('v', 4, [email('an')]).owners).toEqual([])
  })

  it('forgets a workspace that somebody else changed', () => {
    const cache = createIdentityCache()
    cache.learn(change([owner(1, 'an')], { after: 1 }))
    cache.learn(change([owner(2, 'bo')], { before: 2, after: 3 }))
    expect(cache.look('w', 3, [email('an'), email('bo')]).unknown).toEqual([email('an')])
  })

  it('lets merged profiles go', () => {
    const cache = createIdentityCache()
    cache.learn(change([owner(1, 'an'), owner(2, 'bo')]))
    const both = owner(1, 'an', 'bo')
    cache.learn(change([both], { gone: [2] }))
    expect(cache.look('w', 0, [email('an'), email('bo')])).toEqual({ owners: [both], unknown: [] })
  })

  it('knows whose settled events are, until their owner is another', () => {
    const cache = createIdentityCache()
    cache.learn(
      change([owner(1, 'an'), owner(2, 'bo')], {
        after: 1,
        settled: [
          ['an', 1],
          ['bo', 2],
          ['nobody', 3],
        ],
      }),
    )
    const whose = (version: number) => ['an', 'bo', 'nobody'].map(cache.settled('w', version))
    expect(whose(1)).toEqual([1, 2, undefined])
    expect(whose(2)).toEqual([undefined, undefined, undefined])
    cache.learn(change([owner(1, 'an', 'ann')], { before: 1, after: 2 }))
    expect(whose(2)).toEqual([undefined, 2, undefined])
    cache.learn(change([], { before: 2, after: 3, gone: [2] }))
    expect(whose(3)).toEqual([undefined, undefined, undefined])
  })

  it('holds no more than its limit, the last ones used', () => {
    const cache = createIdentityCache(3)
    for (const [index, value] of ['a', 'b', 'c'].entries()) cache.learn(change([owner(index + 1, value)]))
    cache.learn(change([owner(1, 'a'), owner(4, 'd')]))
    expect(cache.look('w', 0, ['a', 'b', 'c', 'd'].map(email)).unknown).toEqual([email('b')])
    cache.learn({ ...change([owner(5, 'x', 'y', 'z')]), workspace: 'v' })
    expect(cache.look('w', 0, ['a', 'c', 'd'].map(email)).owners).toEqual([])
  })

  it('never says anything else than the last that it learned', () => {
    const step = fc.record({ profile: fc.integer({ min: 1, max: 4 }), value: fc.integer({ min: 0, max: 5 }), foreign: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 8 }), (steps, limit) => {
        const cache = createIdentityCache(limit)
        const truth = new Map<number, string[]>()
        let version = 0
        for (const { profile, value, foreign } of steps) {
          if ([...truth.values()].some((held) => held.includes(String(value)))) continue
          const held = [...(truth.get(profile) ?? []), String(value)]
          truth.set(profile, held)
          version += 1
          if (!foreign) cache.learn(change([owner(profile, ...held)], { before: version - 1, after: version }))
          const asked = Array.from({ length: 6 }, (_, index) => email(String(index)))
          for (const known of cache.look('w', version, asked).owners) {
            expect(known.identifiers.map((one) => one.value)).toEqual(truth.get(known.profile))
          }
        }
      }),
    )
  })
})
