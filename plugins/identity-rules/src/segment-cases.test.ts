import { describe, expect, it } from 'vitest'
import { world } from './world.fixture.ts'

/*
 * What Twilio Segment's documentation says of Unify (Identity Resolution: onboarding, use cases, e-commerce example; Unify FAQs), case by
 * case. Limits and priorities are those of its tables.
 */
const types = [
  { type: 'user_id', limit: { count: 1 } },
  { type: 'email', limit: { count: 5 } },
  { type: 'android.id', limit: { count: 5 } },
  { type: 'anonymous_id', limit: { count: 5 } },
  { type: 'ga_client_id', limit: { count: 5 } },
  { type: 'ios.id', limit: { count: 5 } },
]

const held = (own: ReturnType<typeof world>, who: string): readonly string[] => {
  const profile = own.profiles().find((one) => one.profile === own.who(who))
  return (profile?.identifiers ?? []).map(({ type, value }) => `${type}:${value}`).sort()
}

describe('flat matching logic', () => {
  it('makes a profile where nobody holds an identifier of the event', () => {
    expect(world({ types }).happens(['anonymous_id:a', 'email:a@x.cn']).kind).toBe('create')
  })

  it('adds to the one profile that matches', () => {
    const own = world({ types })
    own.happens(['anonymous_id:a'])
    expect(own.happens(['anonymous_id:a', 'email:a@x.cn'])).toMatchObject({ kind: 'attach', to: 1, attach: [{ type: 'email' }] })
  })

  it('merges the profiles that match as far as limits allow', () => {
    const own = world({ types })
    own.happens(['anonymous_id:a'])
    own.happens(['email:a@x.cn'])
    expect(own.happens(['anonymous_id:a', 'email:a@x.cn'])).toMatchObject({ kind: 'merge', dropped: [] })
    expect(own.profiles()).toHaveLength(1)
  })

  it('goes on with the events of a profile that is at its limits, and adds nothing to it', () => {
    const own = world({ types })
    for (const number of [1, 2, 3, 4, 5, 6, 7]) own.happens(['user_id:u', `email:${number}@x.cn`])
    expect(held(own, 'user_id:u')).toHaveLength(6)
    expect(own.happens(['user_id:u', 'email:8@x.cn'])).toEqual({
      ...{ kind: 'attach', to: own.who('user_id:u'), attach: [] },
      dropped: [{ type: 'email', value: '8@x.cn', rule: 'limit:email' }],
    })
  })
})

describe('Jane Doe of SegKicks and SegRuns', () => {
  const own = world({ types })

  it('from anonymous to known: the visits before the account are hers', () => {
    const device = ['anonymous_id:anon_123', 'ios.id:ios_abc123']
    own.happens(device)
    own.happens(device)
    own.happens(['user_id:abc123def', 'email:janedoe@example.com', ...device])
    expect(own.profiles()).toHaveLength(1)
    expect(held(own, 'user_id:abc123def')).toEqual([
      'anonymous_id:anon_123',
      'email:janedoe@example.com',
      'ios.id:ios_abc123',
      'user_id:abc123def',
    ])
  })

  it('across devices: the Android phone is hers as soon as she logs in on it', () => {
    own.happens(['anonymous_id:anon_456', 'android.id:and_1a2b3c4d'], 1)
    expect(own.profiles()).toHaveLength(2)
    own.happens(['user_id:abc123def', 'anonymous_id:anon_456', 'android.id:and_1a2b3c4d'], 1)
    expect(own.profiles()).toHaveLength(1)
  })

  it('across apps and sources: another app on the same phone is hers before she logs in', () => {
    own.happens(['anonymous_id:anon_789', 'android.id:and_1a2b3c4d'], 2, 'track', 'segruns')
    expect(held(own, 'user_id:abc123def')).toContain('anonymous_id:anon_789')
    expect(own.profiles()).toHaveLength(1)
  })
})

describe('merge protection', () => {
  it('leaves a lower identifier out and tries again: a second user with the same email is another person', () => {
    const own = world({ types })
    own.happens(['user_id:abc123', 'email:jane@example1.com'])
    expect(own.happens(['user_id:abc456', 'email:jane@example1.com'])).toMatchObject({
      kind: 'create',
      attach: [{ type: 'user_id', value: 'abc456' }],
      dropped: [{ type: 'email', value: 'jane@example1.com', rule: 'limit:user_id' }],
    })
  })

  it('keeps the customers of a shared iPad apart, whoever comes in which order', () => {
    const own = world({ types })
    own.happens(['ios.id:ipad'])
    for (const name of ['a', 'b', 'c', 'a', 'b']) own.happens([`user_id:${name}`, `email:${name}@x.cn`, 'ios.id:ipad'])
    expect(own.profiles()).toHaveLength(3)
    for (const name of ['b', 'c']) expect(held(own, `user_id:${name}`)).toEqual([`email:${name}@x.cn`, `user_id:${name}`])
  })

  it('takes one email and two user ids where a shop has two numbers for a person', () => {
    const own = world({
      types: [
        { type: 'email', limit: { count: 1 } },
        { type: 'user_id', limit: { count: 2 } },
      ],
    })
    for (const id of ['shopify-1', 'uuid-1', 'third']) own.happens([`user_id:${id}`, 'email:a@x.cn'])
    expect(held(own, 'email:a@x.cn')).toEqual(['email:a@x.cn', 'user_id:shopify-1', 'user_id:uuid-1'])
    expect(own.happens(['user_id:shopify-1', 'email:b@x.cn']).kind).toBe('create')
  })

  it('counts a sliding window: five anonymous ids a week', () => {
    const own = world({ types: [{ type: 'user_id' }, { type: 'anonymous_id', limit: { count: 5, window: 'weekly' } }] })
    const visit = (number: number, day: number) => own.happens(['user_id:u', `anonymous_id:a${number}`], day)
    for (const number of [1, 2, 3, 4, 5]) visit(number, 0)
    expect(visit(6, 1)).toMatchObject({ attach: [], dropped: [{ rule: 'limit:anonymous_id' }] })
    expect(visit(7, 8)).toMatchObject({ attach: [{ value: 'a7' }] })
  })

  it.each(['0', '000-000', '--', '-1', 'null', 'anonymous'])('the suggested blocked value %s never becomes an identifier', (value) => {
    expect(world({ types }).happens([`anonymous_id:${value}`, 'email:a@x.cn'])).toMatchObject({
      kind: 'create',
      attach: [{ type: 'email' }],
    })
  })

  it('values of developers can be blocked, and stay with the event', () => {
    const own = world({ types, blockedValues: ['void', 'abc123'] })
    expect(own.happens(['user_id:abc123'])).toEqual({
      ...{ kind: 'anonymous', rule: 'no-identifier' },
      dropped: [{ type: 'user_id', value: 'abc123', rule: 'blocked-value' }],
    })
  })

  it('rules that became stricter take nothing away from profiles that are there', () => {
    const before = world({ types })
    before.happens(['user_id:u', 'email:1@x.cn'])
    before.happens(['user_id:u', 'email:2@x.cn'])
    const [profile] = before.profiles()
    const { policy } = world({ types: [{ type: 'user_id' }, { type: 'email', limit: { count: 1 } }] })
    const request = { identifiers: [{ type: 'email', value: '2@x.cn' }], owners: profile === undefined ? [] : [profile] }
    const cause = { type: 'track' as const, source: 's', at: new Date() }
    const context = { workspace: 'w', purpose: 'collect', now: new Date(), signal: new AbortController().signal }
    expect(policy.plan({ ...request, cause }, context)).toEqual({ kind: 'attach', to: 1, attach: [], dropped: [] })
  })
})
