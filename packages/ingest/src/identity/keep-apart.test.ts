import type { IdentifierType } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { createKeepApart } from './keep-apart.ts'
import { createPeople } from './people.ts'

const type = (name: string): IdentifierType => ({ type: name, label: { en: name }, personal: false, normalise: (value) => value })
const types = [type('user_id'), type('email'), type('anonymous_id')]
const since = new Date('2026-01-01T00:00:00Z')
const user = { type: 'user_id', value: 'u' }
const email = { type: 'email', value: 'e' }
const visitor = { type: 'anonymous_id', value: 'a' }

const owner = (profile: number, ...held: readonly { type: string; value: string }[]) => ({
  profile,
  firstSeen: since,
  identifiers: held.map((one) => ({ ...one, since })),
})

describe('keeping apart', () => {
  it('leaves the lower identifier of a pair out where two persons hold them', () => {
    const apart = createKeepApart([[visitor, user]], types)
    const people = createPeople([owner(1, user), owner(2, visitor)])
    expect(apart([visitor, email, user], people)).toMatchObject({
      used: [email, user],
      dropped: [{ ...visitor, rule: 'unmerged' }],
      pairs: [[user, visitor]],
    })
    expect(apart([visitor, email], people)).toMatchObject({ used: [visitor, email], dropped: [] })
  })

  it('has nothing to say where one person holds both, or nobody one of them', () => {
    const apart = createKeepApart([[visitor, user]], types)
    expect(apart([visitor, user], createPeople([owner(1, user, visitor)])).dropped).toEqual([])
    expect(apart([visitor, user], createPeople([owner(1, user)])).dropped).toEqual([])
    expect(createKeepApart([], types)([visitor, user], createPeople([owner(1, user), owner(2, visitor)])).dropped).toEqual([])
  })

  it('leaves out the later one of equal types, and only what clashes with what is used', () => {
    const [left, right] = [email, { type: 'email', value: 'f' }]
    const apart = createKeepApart(
      [
        [right, left],
        [right, user],
      ],
      types,
    )
    const people = createPeople([owner(1, left), owner(2, right), owner(3, user)])
    expect(apart([left, right], people)).toMatchObject({ used: [left], dropped: [{ ...right, rule: 'unmerged' }] })
    expect(apart([right, left, user], people)).toMatchObject({ used: [left, user], dropped: [{ ...right, rule: 'unmerged' }] })
  })
})
