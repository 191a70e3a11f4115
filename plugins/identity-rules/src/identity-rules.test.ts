import type { EventType, Owner } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identityConfig } from './config.ts'
import { context, DAY_MS, parse, START, text, world } from './world.fixture.ts'

describe('the first time', () => {
  it('makes a profile, and finds it again', () => {
    const { happens, who } = world()
    expect(happens(['anonymous_id:a1']).kind).toBe('create')
    expect(happens(['anonymous_id:a1'])).toEqual({ kind: 'attach', to: 1, attach: [], dropped: [] })
    expect(who('anonymous_id:a1')).toBe(1)
  })

  it('keeps an event that names nobody without a profile', () => {
    expect(world().happens([])).toEqual({ kind: 'anonymous', rule: 'no-identifier', dropped: [] })
  })
})

describe('from anonymous to known', () => {
  it('gives the visit before the sign-up to the person', () => {
    const { happens, profiles } = world()
    happens(['anonymous_id:a1'])
    happens(['user_id:u1', 'anonymous_id:a1'])
    expect(profiles()).toHaveLength(1)
  })

  it('joins the devices of one user', () => {
    const { happens, who } = world()
    happens(['anonymous_id:phone', 'user_id:u1'])
    happens(['anonymous_id:laptop'])
    expect(happens(['anonymous_id:laptop', 'user_id:u1'])).toMatchObject({
      kind: 'merge',
      into: 1,
      from: [2],
      rule: 'link:user_id+anonymous_id',
    })
    expect(who('anonymous_id:laptop')).toBe(who('anonymous_id:phone'))
  })

  it('joins across sources and apps through a shared identifier', () => {
    const { happens, profiles } = world({
      types: [{ type: 'user_id' }, { type: 'email' }, { type: 'anonymous_id' }, { type: 'device_id' }],
    })
    happens(['anonymous_id:anon_123', 'device_id:ios_abc123'], 0, 'track', 'SegKicks')
    happens(['anonymous_id:anon_123', 'device_id:ios_abc123', 'user_id:abc123def'], 1, 'identify', 'SegKicks')
    happens(['anonymous_id:anon_456', 'device_id:and_1a2b3c4d', 'user_id:abc123def'], 2, 'identify', 'SegKicks')
    happens(['anonymous_id:anon_789', 'device_id:and_1a2b3c4d'], 3, 'track', 'SegRuns')
    expect(profiles()).toHaveLength(1)
    expect(profiles()[0]?.identifiers.map(text).sort()).toEqual(
      [
        'anonymous_id:anon_123',
        'anonymous_id:anon_456',
        'anonymous_id:anon_789',
        'device_id:and_1a2b3c4d',
        'device_id:ios_abc123',
        'user_id:abc123def',
      ].sort(),
    )
  })

  it('lets the known person survive, then the older one', () => {
    const first = world()
    first.happens(['anonymous_id:a1'], 0)
    first.happens(['user_id:u1'], 5)
    expect(first.happens(['user_id:u1', 'anonymous_id:a1'], 6)).toMatchObject({ into: 2, from: [1] })
    const second = world()
    second.happens(['email:a@b.cn'], 3)
    second.happens(['email:c@d.cn'], 1)
    expect(second.happens(['email:a@b.cn', 'email:c@d.cn'], 6)).toMatchObject({ into: 2, from: [1] })
  })
})

describe('conflicts', () => {
  it('leave a shared computer with whom it was: another user is another person', () => {
    const { happens, who } = world()
    happens(['user_id:u1', 'anonymous_id:kiosk'])
    expect(happens(['user_id:u2', 'anonymous_id:kiosk'])).toEqual({
      kind: 'create',
      attach: [{ type: 'user_id', value: 'u2' }],
      dropped: [{ type: 'anonymous_id', value: 'kiosk', rule: 'limit:user_id' }],
    })
    expect(who('anonymous_id:kiosk')).toBe(1)
  })

  it('do not join two users who share an email', () => {
    const { happens, who } = world()
    happens(['user_id:u1', 'email:family@b.cn'])
    happens(['user_id:u2', 'email:family@b.cn'])
    expect(who('user_id:u2')).not.toBe(who('user_id:u1'))
  })

  it('drop what breaks the limit and keep the innocent', () => {
    const { happens, who } = world({ types: [{ type: 'user_id' }, { type: 'email', limit: { count: 2 } }, { type: 'anonymous_id' }] })
    happens(['user_id:u1', 'email:1@b.cn'])
    happens(['user_id:u1', 'email:2@b.cn'])
    expect(happens(['user_id:u1', 'email:3@b.cn', 'anonymous_id:a1'])).toMatchObject({
      attach: [{ type: 'anonymous_id', value: 'a1' }],
      dropped: [{ type: 'email', value: '3@b.cn', rule: 'limit:email' }],
    })
    expect(who('email:3@b.cn')).toBeUndefined()
  })

  it.each([
    ['daily', 1],
    ['weekly', 7],
    ['monthly', 30],
    ['annually', 365],
  ] as const)('count within a window: %s is %i days, to the millisecond', (window, days) => {
    const { happens } = world({ types: [{ type: 'user_id' }, { type: 'email', limit: { count: 2, window } }] })
    const first = 1_000
    happens(['user_id:u1', 'email:1@b.cn'], first)
    happens(['user_id:u1', 'email:2@b.cn'], first + days / 2)
    const dropped = { attach: [], dropped: [{ value: '3@b.cn', rule: 'limit:email' }] }
    expect(happens(['user_id:u1', 'email:3@b.cn'], first + days - 1 / DAY_MS)).toMatchObject(dropped)
    // An event that comes late does not go around the limit.
    expect(happens(['user_id:u1', 'email:3@b.cn'], first - 1)).toMatchObject(dropped)
    expect(happens(['user_id:u1', 'email:3@b.cn'], first + days)).toMatchObject({ attach: [{ value: '3@b.cn' }], dropped: [] })
    // The first one counts no more, the second still does.
    expect(happens(['user_id:u1', 'email:4@b.cn'], first + days)).toMatchObject({ attach: [], dropped: [{ rule: 'limit:email' }] })
  })

  it('count for ever where nothing else is said', () => {
    const { happens } = world({ types: [{ type: 'user_id' }, { type: 'email', limit: { count: 1 } }] })
    happens(['user_id:u1', 'email:1@b.cn'], 0)
    expect(happens(['user_id:u1', 'email:2@b.cn'], 36_500)).toMatchObject({ dropped: [{ rule: 'limit:email' }] })
  })

  it('never arise from a limit that was lowered later', () => {
    const { policy } = world({ types: [{ type: 'user_id' }, { type: 'email', limit: { count: 1 } }] })
    const since = new Date(START)
    const emails = ['email:1@b.cn', 'email:2@b.cn', 'email:3@b.cn'].map(parse)
    const owner: Owner = { profile: 1, firstSeen: since, identifiers: [...emails, parse('user_id:u1')].map((one) => ({ ...one, since })) }
    const plan = policy.plan(
      { identifiers: [parse('user_id:u1'), ...emails], owners: [owner], cause: { type: 'track', source: 's', at: since } },
      context,
    )
    expect(plan).toEqual({ kind: 'attach', to: 1, attach: [], dropped: [] })
  })
})

describe('blocked values', () => {
  it.each([
    'user_id:null',
    'user_id:NULL',
    'user_id:undefined',
    'anonymous_id:0',
    'user_id:unknown',
    'anonymous_id:00000000-0000-0000-0000-000000000000',
    'email:test@test.com',
  ])('%s is nobody', (value) => {
    expect(world().happens([value])).toMatchObject({ kind: 'anonymous', dropped: [{ rule: expect.stringMatching(/^blocked-/) }] })
  })

  it.each([
    '0000',
    '000-000',
    'xxxx',
    'XxX',
    '***',
    '**-**',
    'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'F'.repeat(32),
  ])('%s is what programs fill in, and nobody', (value) => {
    expect(world().happens([`anonymous_id:${value}`])).toMatchObject({ kind: 'anonymous', dropped: [{ rule: 'blocked-pattern' }] })
  })

  it.each(['01', '0x0', 'xx1', '*a', 'f'.repeat(31), `${'f'.repeat(32)}0`, 'fff'])('%s may be somebody', (value) => {
    expect(world().happens([`anonymous_id:${value}`])).toMatchObject({ kind: 'create', attach: [{ value }] })
  })

  it('are configurable, for all types and for one', () => {
    const { happens } = world({
      blockedValues: ['x'],
      blockedPatterns: ['@internal\\.'],
      types: [{ type: 'user_id', blocked: ['root'] }, { type: 'email' }],
    })
    expect(happens(['user_id:X'])).toMatchObject({ kind: 'anonymous', dropped: [{ rule: 'blocked-value' }] })
    expect(happens(['email:a@internal.cn'])).toMatchObject({ kind: 'anonymous', dropped: [{ rule: 'blocked-pattern' }] })
    expect(happens(['user_id:root', 'email:a@b.cn'])).toMatchObject({ kind: 'create', attach: [{ value: 'a@b.cn' }] })
    expect(happens(['user_id:null']).kind).toBe('create')
  })
})

describe('alias', () => {
  it('joins two users on the word of the sender', () => {
    const { happens, profiles } = world()
    happens(['user_id:old'])
    happens(['user_id:new'])
    expect(happens(['user_id:new', 'user_id:old', 'anonymous_id:old'], 1, 'alias')).toEqual({
      kind: 'merge',
      into: 1,
      from: [2],
      rule: 'alias',
      attach: [],
      dropped: [{ type: 'anonymous_id', value: 'old', rule: 'alias-previous' }],
    })
    expect(profiles()).toHaveLength(1)
  })

  it('takes a previous id for anonymous when nobody holds it', () => {
    const { happens } = world()
    happens(['anonymous_id:a1'])
    expect(happens(['user_id:u1', 'user_id:a1', 'anonymous_id:a1'], 1, 'alias')).toMatchObject({
      kind: 'attach',
      to: 1,
      attach: [{ type: 'user_id', value: 'u1' }],
    })
    expect(happens(['user_id:u1', 'user_id:new', 'anonymous_id:new'], 1, 'alias')).toMatchObject({
      kind: 'attach',
      attach: [{ type: 'anonymous_id', value: 'new' }],
    })
  })

  it('of somebody with himself does nothing', () => {
    const { happens } = world()
    happens(['user_id:u1'])
    expect(happens(['user_id:u1'], 1, 'alias')).toEqual({ kind: 'attach', to: 1, attach: [], dropped: [] })
  })

  it('stops at unique types, and at limits where the configuration says so', () => {
    const unique = world({ types: [{ type: 'user_id', unique: true }] })
    unique.happens(['user_id:u1'])
    unique.happens(['user_id:u2'])
    expect(unique.happens(['user_id:u1', 'user_id:u2'], 1, 'alias')).toMatchObject({
      kind: 'attach',
      to: 1,
      dropped: [{ value: 'u2', rule: 'limit:user_id' }],
    })
    const strict = world({ alias: 'obey-limits' })
    strict.happens(['user_id:u1'])
    strict.happens(['user_id:u2'])
    expect(strict.happens(['user_id:u1', 'user_id:u2'], 1, 'alias')).toMatchObject({ kind: 'attach', to: 1, dropped: [{ value: 'u2' }] })
  })
})

describe('configuration', () => {
  it('takes types that it has never heard of', () => {
    const { happens } = world({ types: [{ type: 'member_id' }, { type: 'vin', pattern: '^[A-Z0-9]{17}$' }] })
    expect(happens(['vin:1HGCM82633A004352', 'member_id:m1']).kind).toBe('create')
    const vin = world({ types: [{ type: 'vin', pattern: '^[A-Z0-9]{17}$' }] }).policy.types[0]
    expect(vin?.normalise('short')).toBeUndefined()
    expect(vin?.label).toEqual({ en: 'vin' })
  })
  it('refuses a type that is named twice and a pattern that is none', () => {
    expect(identityConfig.safeParse({ types: [{ type: 'email' }, { type: 'email' }] }).success).toBe(false)
    expect(identityConfig.safeParse({ blockedPatterns: ['('] }).success).toBe(false)
  })
})

describe('whatever happens', () => {
  const limits = { user_id: 1, email: 2, anonymous_id: 3 }
  const config = {
    types: Object.entries(limits).map(([type, count]) => ({ type, limit: { count } })),
    blockedValues: ['bad'],
  }
  const value = fc.constantFrom('1', '2', '3', '4', '5', 'bad')
  const identifier = fc.tuple(fc.constantFrom('user_id', 'email', 'anonymous_id'), value).map(([type, id]) => `${type}:${id}`)
  const event = fc.uniqueArray(identifier, { minLength: 0, maxLength: 5 })

  it('no limit is exceeded, no value is held twice, and nobody holds a blocked one', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const { happens, profiles } = world(config)
        for (const [day, identifiers] of events.entries()) happens(identifiers, day)
        const held = profiles().flatMap(({ identifiers }) => identifiers.map(text))
        expect(new Set(held).size).toBe(held.length)
        expect(held.some((one) => one.endsWith(':bad'))).toBe(false)
        for (const { identifiers } of profiles()) {
          for (const [type, limit] of Object.entries(limits))
            expect(identifiers.filter((one) => one.type === type).length).toBeLessThanOrEqual(limit)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('the plan does not depend on the order of identifiers and owners, and accounts for every identifier', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 20 }),
        event,
        fc.constantFrom<EventType>('track', 'alias'),
        fc.integer(),
        (before, last, type, seed) => {
          const { happens, profiles, policy } = world(config)
          for (const [day, identifiers] of before.entries()) happens(identifiers, day)
          const identifiers = last.map(parse)
          const owners = profiles().filter((owner) => owner.identifiers.some((one) => last.includes(text(one))))
          const cause = { type, source: 's', at: new Date(START + 100 * DAY_MS) }
          const plan = policy.plan({ identifiers, owners, cause }, context)
          const shuffled = <T>(list: readonly T[]): T[] =>
            list
              .map((item, index) => ({ item, key: Math.imul(seed + index, 2654435761) >>> 0 }))
              .sort((a, b) => a.key - b.key)
              .map(({ item }) => item)
          expect(policy.plan({ identifiers: shuffled(identifiers), owners: shuffled(owners), cause }, context)).toEqual(plan)
          const attached = plan.kind === 'anonymous' ? [] : plan.attach.map(text)
          const dropped = plan.dropped.map(text)
          const held = owners.flatMap((owner) => owner.identifiers.map(text))
          for (const one of last) expect(attached.includes(one) || dropped.includes(one) || held.includes(one)).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})
