import type { ProfileId } from '@tenon/kernel/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Unmerged } from './identity.ts'
import { createWorld, type Process, SEGMENT, TAG, type World } from './world.fixture.ts'

let world: World
let server: Process

beforeAll(async () => {
  world = await createWorld()
  server = await world.start()
})
afterAll(() => world.close())

const DAY_MS = 86_400_000

const values = (identifiers: readonly { readonly value: string }[]): readonly string[] => identifiers.map(({ value }) => value).sort()

function done(outcome: Unmerged): Extract<Unmerged, { ok: true }> {
  if (!outcome.ok) throw new Error(`refused: ${outcome.reason}`)
  return outcome
}

const messagesOf = async (workspace: string, profile: ProfileId): Promise<readonly string[]> =>
  (await world.analytics.in(workspace).events({ profile, limit: 1_000 })).rows.map(({ messageId }) => messageId).sort()

let letters = 0

/** A message in the queue; answers its id. */
async function write(workspace: string, profile: ProfileId): Promise<string> {
  const says = { idempotencyKey: `letter-${++letters}`, channel: 'email', purpose: 'marketing', content: {} }
  const [entry] = await world.store.in(workspace).messages.enqueue([{ ...says, profile }])
  if (entry === undefined) throw new Error('the message was not accepted')
  return entry.message.id
}

/** A visitor and a user with events of their own, who become one, and what comes afterwards. */
async function mistaken(workspace: string) {
  const send = (who: string, says = {}) => world.send(server, workspace, who, says)
  const visit = await send('anonymous_id:a1', { traits: { city: 'Xi’an' } })
  const signUp = await send('user_id:u1 email:u1@example.com', { traits: { name: 'U' } })
  const visitor = await world.find(workspace, 'anonymous_id:a1')
  const user = await world.find(workspace, 'user_id:u1')
  const before = { visitor: await world.give(workspace, visitor), user: await world.give(workspace, user) }
  const letters = { visitor: [await write(workspace, visitor), await write(workspace, visitor)], user: [await write(workspace, user)] }
  const joining = await send('anonymous_id:a1 user_id:u1')
  // Given to the one person that there is, by the identifier of either.
  const given = [
    await world.give(workspace, await world.find(workspace, 'anonymous_id:a1')),
    await world.give(workspace, await world.find(workspace, 'user_id:u1')),
  ]
  const coupons = { visitor: [before.visitor], user: [before.user, ...given].sort() }
  letters.user.push(await write(workspace, await world.find(workspace, 'anonymous_id:a1')))
  const late = {
    visitor: await send('anonymous_id:a1', { traits: { colour: 'red' } }),
    user: await send('user_id:u1'),
    phone: await send('anonymous_id:a1 phone:+8613800138000'),
  }
  const [merge] = await world.store.in(workspace).profiles.merges(visitor)
  if (merge === undefined) throw new Error('they were merged')
  return { visitor, user, visit, signUp, joining, late, coupons, letters, merge: merge.id }
}

describe('explain', () => {
  it('says which event brought each identifier, and which rule and evidence joined whom', async () => {
    const workspace = await world.workspace()
    const { user, visit, signUp, joining, late } = await mistaken(workspace)
    const { identifiers, merges } = await server.identity.explain({ workspace, profile: user })
    expect(identifiers.map(({ value, event }) => [value, event?.messageId])).toEqual([
      ['a1', visit],
      ['u1@example.com', signUp],
      ['u1', signUp],
      ['+8613800138000', late.phone],
    ])
    expect(merges).toMatchObject([
      {
        rule: expect.stringContaining('user_id'),
        event: {
          source: 'web',
          messageId: joining,
          type: 'track',
          name: 'Product Viewed',
          identifiers: [{ value: 'a1' }, { value: 'u1' }],
        },
        undo: { possible: true },
      },
    ])
    const [first] = merges
    expect([values(first?.joined ?? []), values(first?.into ?? [])]).toEqual([['a1'], ['+8613800138000', 'u1', 'u1@example.com']])
    expect(first?.undo.until.getTime()).toBe((first?.recordedAt.getTime() ?? 0) + 30 * DAY_MS)
    expect(JSON.stringify({ identifiers, merges })).not.toContain('profile')
  })

  it('keeps an undone merge in the ledger of both', async () => {
    const workspace = await world.workspace()
    const { user, visitor, merge } = await mistaken(workspace)
    done(await server.identity.unmerge({ workspace, profile: user, merge }))
    for (const profile of [user, visitor]) {
      const { merges } = await server.identity.explain({ workspace, profile })
      expect(merges).toMatchObject([{ id: merge, undo: { possible: false, reason: 'ALREADY_UNDONE' }, undoneAt: expect.any(Date) }])
    }
  })
})

describe('unmerge', () => {
  it('gives each side its identifiers, events, traits, coupons, messages and memberships; what was given meanwhile stays', async () => {
    const workspace = await world.workspace()
    const { user, visitor, visit, signUp, joining, late, coupons, letters, merge } = await mistaken(workspace)
    await server.audience.evaluate({ workspace })
    const preview = await server.identity.preview({ workspace, profile: user, merge })
    expect(preview).toMatchObject({
      ok: true,
      report: {
        identifiers: {
          restored: [
            { value: 'a1', late: false },
            { value: '+8613800138000', late: true },
          ],
          remaining: [{ value: 'u1@example.com' }, { value: 'u1' }],
        },
        events: { returned: 1, reassigned: 2, remaining: 3 },
        coupons: 1,
        messages: 2,
        evaluated: { tags: [TAG], segments: [SEGMENT] },
        blocked: [[{ value: 'a1' }, { value: 'u1' }]],
      },
    })
    // Nothing has happened yet.
    expect(await world.find(workspace, 'anonymous_id:a1')).toBe(user)
    expect((await server.identity.explain({ workspace, profile: user })).merges).toMatchObject([{ undo: { possible: true } }])

    const { report, settled } = done(await server.identity.unmerge({ workspace, profile: user, merge }))
    expect([report, settled]).toEqual([preview.ok ? preview.report : undefined, true])
    expect([await world.find(workspace, 'anonymous_id:a1'), await world.find(workspace, 'phone:+8613800138000')]).toEqual([
      visitor,
      visitor,
    ])
    expect([await world.find(workspace, 'user_id:u1'), await world.find(workspace, 'email:u1@example.com')]).toEqual([user, user])
    expect(await messagesOf(workspace, visitor)).toEqual([visit, late.visitor, late.phone].sort())
    expect(await messagesOf(workspace, user)).toEqual([signUp, joining, late.user].sort())
    const { traits, tagValues, transitions } = world.analytics.in(workspace)
    expect(Object.fromEntries(await traits([user, visitor]))).toEqual({
      [visitor]: { city: 'Xi’an', colour: 'red' },
      [user]: { name: 'U' },
    })
    const views = await tagValues.of([user, visitor], [TAG])
    expect([views.get(visitor)?.[TAG]?.value, views.get(user)?.[TAG]?.value]).toEqual([3, 3])
    expect(await transitions.told(SEGMENT)).toEqual([visitor, user].sort((left, right) => left - right))
    const { benefits, messages } = world.store.in(workspace)
    const grants = async (profile: ProfileId) => (await benefits.grantsOf(profile)).map(({ id }) => id).sort()
    expect({ visitor: await grants(visitor), user: await grants(user) }).toEqual(coupons)
    const letter = async (profile: ProfileId) => (await messages.of(profile, { limit: 9 })).map(({ id }) => id).sort()
    expect([await letter(visitor), await letter(user)]).toEqual([letters.visitor.toSorted(), letters.user.toSorted()])
    expect(await world.analytics.in(workspace).countProfiles()).toBe(2)
  })

  it('is not made again by the event that had made it, and the event goes on', async () => {
    const workspace = await world.workspace()
    const { user, visitor, merge } = await mistaken(workspace)
    done(await server.identity.unmerge({ workspace, profile: visitor, merge }))
    const same = await world.send(server, workspace, 'anonymous_id:a1 user_id:u1')
    expect(await world.find(workspace, 'anonymous_id:a1')).toBe(visitor)
    expect(await messagesOf(workspace, user)).toContain(same)
    // Other evidence may join them.
    await world.send(server, workspace, 'phone:+8613800138000 email:u1@example.com')
    expect(await world.find(workspace, 'anonymous_id:a1')).toBe(await world.find(workspace, 'user_id:u1'))
    const same2 = await world.send(server, workspace, 'anonymous_id:a1 user_id:u1')
    expect(await messagesOf(workspace, user)).toContain(same2)
  })

  it('binds both sides by the stricter of what was said before and meanwhile', async () => {
    const workspace = await world.workspace()
    const consent = (marketing: boolean) => ({ context: { consent: { marketing } } })
    await world.send(server, workspace, 'anonymous_id:a1', consent(false))
    await world.send(server, workspace, 'user_id:u1', consent(true))
    const visitor = await world.find(workspace, 'anonymous_id:a1')
    const user = await world.find(workspace, 'user_id:u1')
    const standing = async () => {
      const context = { workspace, purpose: 'marketing', now: world.clock.now(), signal: new AbortController().signal }
      const decisions = await world.gate.decide({ profiles: [visitor, user], purpose: 'marketing', action: 'send' }, context)
      return [decisions.get(visitor)?.granted, decisions.get(user)?.granted]
    }
    expect(await standing()).toEqual([false, true])
    await world.send(server, workspace, 'anonymous_id:a1 user_id:u1')
    expect(await standing()).toEqual([false, false])
    const [merge] = await world.store.in(workspace).profiles.merges(visitor)
    const outcome = done(await server.identity.unmerge({ workspace, profile: user, merge: merge?.id ?? 0 }))
    // The merge had repeated the visitor's no for the user; it is the visitor's alone again.
    expect(outcome.report.consents).toEqual({ returned: 1, repeated: [{ side: 'remaining', purpose: 'marketing', state: 'granted' }] })
    expect(await standing()).toEqual([false, true])

    await world.send(server, workspace, 'phone:+8613800138000 user_id:u1')
    await world.send(server, workspace, 'phone:+8613800138000 anonymous_id:a1')
    expect(await standing()).toEqual([false, false])
    const yes = { purpose: 'marketing', state: 'granted', basis: 'consent', notice: '1', source: 'form', evidence: {} } as const
    await world.gate.record(workspace, user, [{ ...yes, at: world.clock.now() }])
    expect(await standing()).toEqual([true, true])
    const [again] = await world.store.in(workspace).profiles.merges(visitor)
    done(await server.identity.unmerge({ workspace, profile: user, merge: again?.id ?? 0 }))
    expect(await standing()).toEqual([false, true])
  })

  describe('of two, one after the other, and an event that names both and nobody who stays', () => {
    const [first, second, both] = ['email:e0@x.cn', 'email:e1@x.cn', 'email:e0@x.cn email:e1@x.cn']

    async function joined() {
      const workspace = await world.workspace()
      for (const who of ['user_id:u1', first, second]) await world.send(server, workspace, who)
      const persons = await Promise.all([first, second].map((who) => world.find(workspace, who)))
      for (const who of [first, second]) await world.send(server, workspace, `user_id:u1 ${who}`)
      const message = await world.send(server, workspace, both)
      const user = await world.find(workspace, 'user_id:u1')
      const merges = await world.store.in(workspace).profiles.merges(user)
      const leave = async (which: 0 | 1, identity = server.identity) => {
        const merge = merges.find(({ loser }) => loser === persons[which])?.id ?? 0
        const preview = await identity.preview({ workspace, profile: user, merge })
        const { report } = done(await identity.unmerge({ workspace, profile: user, merge }))
        expect(preview).toMatchObject({ ok: true, report: { events: report.events } })
        return report.events.reassigned
      }
      const whose = async () => {
        const [remaining, one, other] = await Promise.all(
          ['user_id:u1', first, second].map(async (who) => messagesOf(workspace, await world.find(workspace, who))),
        )
        return { remaining: remaining?.includes(message), one: one?.includes(message), other: other?.includes(message) }
      }
      return { workspace, leave, whose }
    }

    it('leaves it with the survivor until it names nothing of theirs any more', async () => {
      const { workspace, leave, whose } = await joined()
      expect(await leave(0)).toBe(0)
      expect(await whose()).toEqual({ remaining: true, one: false, other: true })
      expect(await leave(1)).toBe(1)
      expect(await whose()).toEqual({ remaining: false, one: false, other: true })
      await world.send(server, workspace, `${first} phone:+8613800138000`)
      await world.send(server, workspace, `${second} phone:+8613800138000`)
      expect(await whose()).toEqual({ remaining: false, one: true, other: true })
    })

    it('gives it to whom the reports gave it, also where what follows from both is done at once', async () => {
      const { leave, whose } = await joined()
      const away = { ...world.analytics, insertOverrides: () => Promise.reject(new Error('the engine is away')) }
      expect(await leave(0, world.station({ analytics: away }))).toBe(0)
      expect(await leave(1)).toBe(1)
      expect(await whose()).toEqual({ remaining: false, one: false, other: true })
    })
  })

  describe('and signals', () => {
    const [visitor, user, both] = ['anonymous_id:a1', 'user_id:u1', 'anonymous_id:a1 user_id:u1']
    type Step = readonly [who: string, yes?: boolean]

    /** What holds for the visitor and the user once all this was said and the merge of the two is taken back. */
    async function standing(history: readonly Step[], { isOneBatch }: { readonly isOneBatch: boolean }) {
      const workspace = await world.workspace()
      for (const [who, marketing] of history) {
        await world.accept(server, workspace, who, marketing === undefined ? {} : { context: { consent: { marketing } } })
        if (!isOneBatch) await server.ingest.idle()
      }
      await server.ingest.idle()
      const person = await world.find(workspace, user)
      const [merge] = await world.store.in(workspace).profiles.merges(person)
      done(await server.identity.unmerge({ workspace, profile: person, merge: merge?.id ?? 0 }))
      const profiles = [await world.find(workspace, visitor), await world.find(workspace, user)]
      const context = { workspace, purpose: 'marketing', now: world.clock.now(), signal: new AbortController().signal }
      const decisions = await world.gate.decide({ profiles, purpose: 'marketing', action: 'send' }, context)
      return profiles.map((profile) => decisions.get(profile)?.granted)
    }

    const NOES: readonly (readonly Step[])[] = [
      // Minutes after a no of the other, minutes after one of this one before the merge, and after none.
      [[user, true], [visitor, false], [both], [user, false]],
      [[visitor, true], [user, false], [both], [visitor, false]],
      [[visitor, true], [user, true], [both], [visitor, false]],
      // In the event that joins the two.
      [
        [visitor, true],
        [user, true],
        [both, false],
      ],
    ]
    it.each(NOES.map((history) => [history]))('keep a no that came with the merge or after it: %j', async (history) => {
      for (const isOneBatch of [false, true]) expect(await standing(history, { isOneBatch })).toEqual([false, false])
    })

    it.each([false, true])('give nobody a yes that came while the two were one, in one batch: %j', async (isOneBatch) => {
      const histories: readonly (readonly [history: readonly Step[], expected: readonly boolean[]])[] = [
        [
          [[visitor, true], [user], [both], [visitor, true]],
          [true, false],
        ],
        [
          [[visitor], [user], [both], [visitor, true]],
          [false, false],
        ],
        [
          [[visitor], [user], [both, true]],
          [false, false],
        ],
        // What each said before is its own.
        [
          [[visitor, true], [user, true], [both]],
          [true, true],
        ],
        [
          [[visitor], [user, true], [both]],
          [false, true],
        ],
        [
          [[visitor, true], [user, false], [both]],
          [true, false],
        ],
      ]
      for (const [history, expected] of histories) expect([history, await standing(history, { isOneBatch })]).toEqual([history, expected])
    })
  })

  it('leaves nobody with the yes of others', async () => {
    const workspace = await world.workspace()
    const yes = { context: { consent: { marketing: true } } }
    const others = ['anonymous_id:a1', 'phone:+8613800138000']
    for (const who of others.toReversed()) await world.send(server, workspace, who, yes)
    await world.send(server, workspace, 'user_id:u1')
    const user = await world.find(workspace, 'user_id:u1')
    const profiles = [user, ...(await Promise.all(others.map((who) => world.find(workspace, who))))]
    for (const who of others) await world.send(server, workspace, `${who} user_id:u1`)
    const standing = async () => {
      const context = { workspace, purpose: 'marketing', now: world.clock.now(), signal: new AbortController().signal }
      const decisions = await world.gate.decide({ profiles, purpose: 'marketing', action: 'send' }, context)
      return profiles.map((profile) => decisions.get(profile)?.granted)
    }
    expect(await standing()).toEqual([true, true, true])
    const { merges } = await server.identity.explain({ workspace, profile: user })
    expect(merges).toHaveLength(2)
    for (const { id } of merges) done(await server.identity.unmerge({ workspace, profile: user, merge: id }))
    expect(await standing()).toEqual([false, true, true])
    await world.send(server, workspace, 'anonymous_id:a1 email:u1@example.com')
    await world.send(server, workspace, 'user_id:u1 email:u1@example.com')
    expect(await standing()).toEqual([true, true, true])
  })

  it('is refused outside of its window, twice, and for a person that the merge did not make', async () => {
    const workspace = await world.workspace()
    const { user, merge } = await mistaken(workspace)
    await world.send(server, workspace, 'user_id:other')
    const other = await world.find(workspace, 'user_id:other')
    const { identity } = server
    expect(await identity.unmerge({ workspace, profile: other, merge })).toEqual({ ok: false, reason: 'UNKNOWN_MERGE' })
    expect(await identity.preview({ workspace, profile: user, merge: 999_999 })).toEqual({ ok: false, reason: 'UNKNOWN_MERGE' })
    const short = world.station({ undoWindowMs: 1 })
    expect(await short.unmerge({ workspace, profile: user, merge })).toEqual({ ok: false, reason: 'WINDOW_OVER' })
    const both = await Promise.all([1, 2].map(() => identity.unmerge({ workspace, profile: user, merge })))
    expect(both.map((outcome) => (outcome.ok ? 'done' : outcome.reason)).sort()).toEqual(['ALREADY_UNDONE', 'done'])
    expect(await identity.preview({ workspace, profile: user, merge })).toEqual({ ok: false, reason: 'ALREADY_UNDONE' })
  })

  it('is finished by the next process where one died in between', async () => {
    const workspace = await world.workspace()
    const { user, visitor, visit, late, merge } = await mistaken(workspace)
    const told: (readonly ProfileId[])[] = []
    const dying = world.station({
      onChanged: async () => {
        throw new Error('the process is killed')
      },
    })
    expect(done(await dying.unmerge({ workspace, profile: user, merge })).settled).toBe(false)
    const next = world.station({ onChanged: async (_, profiles) => void told.push(profiles) })
    expect(await next.settle({ workspace })).toBe(0)
    expect(await next.settle({ workspace })).toBe(0)
    expect(told).toEqual([[visitor, user]])
    expect(await messagesOf(workspace, visitor)).toEqual([visit, late.visitor, late.phone].sort())
  })
})
