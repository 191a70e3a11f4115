import type { InstanceId } from '@tenon/kernel'
import type { EventDraft, Matcher, ProfileId } from '@tenon/kernel/contracts'
import { linkageConfig, linkageMatcher } from '@tenon/plugin-identity-linkage'
import { random } from '@tenon/testing/generator'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type Process, type World } from '../world.fixture.ts'
import { createMatching, type Matching } from './matching.ts'

let world: World
let process: Process
const signal = new AbortController().signal

beforeAll(async () => {
  world = await createWorld()
  process = await world.start()
}, 60_000)
afterAll(() => world.close())

const linkage = linkageMatcher(
  linkageConfig.parse({
    fields: [
      { key: 'first_name', kind: 'name', from: { trait: 'firstName' } },
      { key: 'last_name', kind: 'name', from: { trait: 'lastName' } },
      { key: 'birthday', kind: 'date', from: { trait: 'birthday' } },
      { key: 'street', kind: 'text', from: { trait: 'address.street' } },
      { key: 'postcode', kind: 'postcode', from: { trait: 'address.postalCode' } },
    ],
  }),
)

const matchingOf = (matcher: Matcher, name = 'linkage'): Matching =>
  createMatching({
    ...{ store: world.store, analytics: world.analytics, gate: world.gate, policy: world.policy, clock: world.clock, logger: world.logger },
    matchers: new Map<InstanceId, Matcher>([[name, matcher]]),
  })

interface Card {
  readonly firstName: string
  readonly lastName: string
  readonly birthday: string
  readonly address: { readonly street: string; readonly postalCode: string }
}

const SYLLABLES = ['ba', 'den', 'ros', 'mel', 'ti', 'vor', 'lan', 'kes', 'wi', 'nor', 'hal', 'que', 'sur', 'pim', 'dar', 'zel']

/** People as febrl makes them: originals, and second records of some of them with one or two errors of typing. */
function cards(seed: number, originals: number, duplicates: number): { readonly id: string; readonly card: Card }[] {
  const chance = random(seed)
  const word = (length: number): string => Array.from({ length }, () => chance.pick(SYLLABLES as [string, ...string[]])).join('')
  const two = (value: number): string => String(value).padStart(2, '0')
  const own = Array.from({ length: originals }, () => ({
    firstName: word(2),
    lastName: word(3),
    birthday: `${chance.integer(1940, 2005)}-${two(chance.integer(1, 12))}-${two(chance.integer(1, 28))}`,
    address: { street: `${word(3)} street ${chance.integer(1, 200)}`, postalCode: String(chance.integer(10_000, 99_999)) },
  }))
  const slip = (text: string): string => {
    const at = chance.integer(1, text.length - 2)
    return text.slice(0, at) + text.slice(at + 1)
  }
  const again = own.slice(0, duplicates).map((card, index) => ({
    ...card,
    ...(index % 2 === 0 ? { firstName: slip(card.firstName) } : { lastName: slip(card.lastName) }),
    ...(index % 5 === 0 ? { address: { ...card.address, street: slip(card.address.street) } } : {}),
  }))
  return [...own.map((card, index) => ({ id: `o${index}`, card })), ...again.map((card, index) => ({ id: `d${index}`, card }))]
}

async function meet(
  workspace: string,
  people: readonly { readonly id: string; readonly card: object }[],
  type = 'anonymous_id',
): Promise<void> {
  const drafts = people.map(
    ({ id, card }): EventDraft => ({
      ...{ messageId: `${id}-${world.clock.now().getTime()}`, type: 'track', name: 'Met', identifiers: [{ type, value: id }] },
      ...{ properties: {}, traits: { ...card }, context: {}, timestamp: world.clock.now() },
    }),
  )
  await process.ingest.accept({ workspace, source: 'web', drafts, refused: [] })
  await process.ingest.idle()
}

const persons = async (workspace: string, ...ids: string[]): Promise<readonly (ProfileId | undefined)[]> =>
  Promise.all(ids.map((value) => world.store.in(workspace).profiles.find({ type: 'anonymous_id', value })))

const namesOf = async (workspace: string, profile: ProfileId): Promise<string> =>
  (await world.store.in(workspace).profiles.identifiers(profile)).map(({ value }) => value).join('+')

describe('people who are probably one', () => {
  it('are proposed, surest first, with what speaks for it; nothing merges until the owner or a person says so', async () => {
    const workspace = await world.workspace()
    const matching = matchingOf(linkage)
    await meet(workspace, cards(7, 160, 60))
    const [report] = await matching.run({ workspace, everything: false, signal })
    expect(report).toMatchObject({ outcome: 'done', merged: 0 })
    expect((await matching.run({ workspace, everything: false, signal }))[0]).toEqual({ matcher: 'linkage', outcome: 'fresh' })

    const queue = await matching.queue({ workspace, state: 'open', limit: 500 })
    expect(queue.map(({ weight }) => weight)).toEqual(queue.map(({ weight }) => weight).toSorted((left, right) => right - left))
    const pairs = await Promise.all(queue.map(async ({ left, right }) => [await namesOf(workspace, left), await namesOf(workspace, right)]))
    const right = pairs.filter(([left, other]) => left?.slice(1) === other?.slice(1))
    expect(right.length).toBeGreaterThanOrEqual(57)
    expect(right.length / pairs.length).toBeGreaterThan(0.95)
    expect(queue[0]?.evidence.map(({ field }) => field)).toContain('birthday')
    expect(JSON.stringify(queue)).not.toContain('street ')

    // Pages go on where the one before ended.
    const first = await matching.queue({ workspace, state: 'open', limit: 10 })
    const last = first.at(-1)
    expect(await matching.queue({ workspace, state: 'open', limit: 10, ...(last && { after: last }) })).toEqual(queue.slice(10, 20))
    const [standing] = await matching.list(workspace)
    expect(standing).toMatchObject({ matcher: 'linkage', limits: { review: 0.9 }, counts: { open: queue.length } })
    expect(standing?.model?.parameters).toMatchObject({ people: 220 })
  }, 120_000)

  it('become one when somebody accepts it, say why, and stay two when it is taken back', async () => {
    const workspace = await world.workspace()
    const matching = matchingOf(linkage)
    await meet(workspace, cards(11, 120, 40))
    await matching.run({ workspace, everything: true, signal })
    const [match] = await matching.queue({ workspace, state: 'open', limit: 1 })
    if (match === undefined) throw new Error('nothing was proposed')
    const accept = { workspace, match: match.id, decision: 'accept', by: 'An', note: 'called her' } as const
    expect(await matching.decide(accept)).toEqual({ ok: true, state: 'accepted' })
    expect(await matching.decide(accept)).toEqual({ ok: false, reason: 'DECIDED' })
    await process.identity.settle({ workspace })

    const { merges } = await process.identity.explain({ workspace, profile: match.left })
    expect(merges).toMatchObject([
      {
        rule: 'match:linkage',
        decision: { by: 'An', reason: 'called her', match: { id: match.id, matcher: 'linkage', weight: match.weight } },
      },
    ])
    expect(merges[0]?.decision?.match?.because.length).toBe(match.evidence.length)
    const { rows } = await world.analytics.in(workspace).events({ profile: match.right, limit: 10 })
    expect(rows.length).toBe(2)
    await matching.run({ workspace, everything: true, signal })
    expect(await matching.queue({ workspace, state: 'accepted', limit: 10 })).toMatchObject([{ id: match.id, decided: { by: 'An' } }])

    const merge = merges[0]?.id ?? 0
    expect(await process.identity.unmerge({ workspace, profile: match.left, merge })).toMatchObject({ ok: true })
    expect(await matching.queue({ workspace, state: 'unmerged', limit: 10 })).toMatchObject([{ id: match.id }])
    // Not even the owner's limits bring it back.
    expect(await matching.setLimits({ workspace, matcher: 'linkage', limits: { review: 0.5, merge: 0.5 } })).toBe(true)
    const [again] = await matching.run({ workspace, everything: true, signal })
    expect(again?.merged).toBeGreaterThan(30)
    const now = await world.store.in(workspace).profiles.resolve([match.left, match.right])
    expect(now.get(match.left)).not.toBe(now.get(match.right))
    expect(await matching.queue({ workspace, state: 'open', limit: 500 })).not.toContainEqual(expect.objectContaining({ id: match.id }))
  }, 120_000)

  it('who were rejected are proposed again only when something else speaks for them', async () => {
    const workspace = await world.workspace()
    const matching = matchingOf(linkage)
    const people = cards(13, 120, 40)
    await meet(workspace, people)
    await matching.run({ workspace, everything: true, signal })
    const [left, right] = await persons(workspace, 'o4', 'd4')
    const open = await matching.queue({ workspace, state: 'open', limit: 500 })
    const match = open.find((one) => one.left === left && one.right === right)
    if (match === undefined) throw new Error('the pair was not proposed')
    expect(await matching.decide({ workspace, match: match.id, decision: 'reject', by: 'Bo' })).toEqual({ ok: true, state: 'rejected' })
    await matching.setLimits({ workspace, matcher: 'linkage', limits: { review: 0.5, merge: 0.5 } })
    await matching.run({ workspace, everything: true, signal })
    expect(await matching.queue({ workspace, state: 'rejected', limit: 10 })).toMatchObject([{ id: match.id, decided: { by: 'Bo' } }])

    const original = people.find(({ id }) => id === 'o4')
    await meet(workspace, [{ id: 'd4', card: { firstName: original?.card.firstName } }])
    await matching.run({ workspace, everything: true, signal })
    // A person decided before: it is shown, and does not merge by itself.
    const [back] = await matching.queue({ workspace, state: 'open', limit: 10 })
    expect(back).toMatchObject({ id: match.id, decided: { by: 'Bo' } })
    expect(back?.evidence).not.toEqual(match.evidence)
  }, 120_000)

  it('merge by themselves only where the identity policy would join them too', async () => {
    const workspace = await world.workspace()
    const matching = matchingOf(linkage)
    await meet(workspace, cards(17, 120, 40), 'user_id')
    await matching.setLimits({ workspace, matcher: 'linkage', limits: { review: 0.5, merge: 0.5 } })
    // Each has a user id, and a person has one.
    const [report] = await matching.run({ workspace, everything: true, signal })
    expect(report).toMatchObject({ outcome: 'done', merged: 0 })
    const [match] = await matching.queue({ workspace, state: 'open', limit: 1 })
    expect(match).toBeDefined()
    // Who says so goes beyond the limit, as an alias does.
    expect(await matching.decide({ workspace, match: match?.id ?? 0, decision: 'accept', by: 'An' })).toEqual({
      ok: true,
      state: 'accepted',
    })
  }, 120_000)
})

/** Thinks of two people what their numbers say: `e-<number>@x.cn`. */
const oracle = (probabilityOf: (left: number, right: number) => number): Matcher => {
  const numberOf = (values: Readonly<Record<string, readonly string[]>>) =>
    Math.min(...(values.email ?? []).map((one) => Number(one.slice(2, -5))))
  const opinion = (left: number, right: number) => {
    const probability = probabilityOf(Math.min(left, right), Math.max(left, right))
    const weight = Math.log2(probability / (1 - probability))
    return { probability, weight, evidence: [{ code: 'SAID', field: 'email', weight, detail: {} }] }
  }
  return {
    fields: [{ key: 'email', label: { en: 'E-mail' }, from: { identifier: 'email' } }],
    training: { every: '1d' },
    train: async () => ({ model: new Uint8Array([1]), parameters: {} }),
    load: async () => ({
      memoryBytes: 1,
      compare: ({ left, right }) => opinion(numberOf(left.values), numberOf(right.values)),
      async *propose({ records, limits }, context) {
        const people: { readonly profile: ProfileId; readonly number: number }[] = []
        for await (const page of records.read(context))
          people.push(...page.map(({ profile, values }) => ({ profile, number: numberOf(values) })))
        const pairs = people.flatMap((one, index) => people.slice(index + 1).map((other) => ({ one, other })))
        yield pairs
          .map(({ one, other }) => ({ left: one.profile, right: other.profile, ...opinion(one.number, other.number) }))
          .filter(({ probability }) => probability >= limits.review)
      },
    }),
  }
}

describe('whatever matchers think and people say', () => {
  const PEOPLE = 7
  const step = fc.oneof(
    fc.record({ does: fc.constant('run' as const) }),
    fc.record({
      does: fc.constant('limit' as const),
      review: fc.constantFrom(0.3, 0.6),
      merge: fc.option(fc.constantFrom(0.7, 0.85, 0.95)),
    }),
    fc.record({ does: fc.constant('reject' as const), which: fc.nat(20) }),
    fc.record({ does: fc.constant('accept' as const), which: fc.nat(20) }),
    fc.record({ does: fc.constant('unmerge' as const), which: fc.nat(20) }),
  )

  it('nothing merges beyond the limits of the owner, or against what somebody said', async () => {
    let merges = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0.2, 0.5, 0.65, 0.8, 0.9, 0.99), { minLength: PEOPLE * PEOPLE, maxLength: PEOPLE * PEOPLE }),
        fc.array(step, { minLength: 3, maxLength: 8 }),
        async (opinions, steps) => {
          const workspace = await world.workspace()
          const { profiles, unmerges } = world.store.in(workspace)
          const matching = matchingOf(
            oracle((left, right) => opinions[left * PEOPLE + right] ?? 0.2),
            'oracle',
          )
          const ids = await profiles.create(PEOPLE)
          // Two e-mail addresses each: of five that one person may have, two people fit and three do not.
          await profiles.attach(
            ids.flatMap((profile, index) =>
              [`e-${index}`, `f-${index}`].map((name) => ({ profile, type: 'email', value: `${name}@x.cn`, since: new Date() })),
            ),
          )
          let limits: { readonly review: number; readonly merge?: number } = { review: 0.9 }
          const apart: [ProfileId, ProfileId][] = []
          const ledger = async () => {
            const all = (await Promise.all(ids.map((id) => unmerges.history(id)))).flat()
            return [...new Map(all.map((entry) => [entry.id, entry])).values()]
          }
          for (const one of [...steps, { does: 'run' as const }]) {
            if (one.does === 'limit') {
              limits = one.merge === null ? { review: one.review } : { review: one.review, merge: one.merge }
              expect(await matching.setLimits({ workspace, matcher: 'oracle', limits })).toBe(true)
            } else if (one.does === 'run') {
              const before = await ledger()
              const beforehand = await profiles.resolve(ids)
              const [report] = await matching.run({ workspace, everything: true, signal })
              expect(report?.error).toBeUndefined()
              for (const entry of (await ledger()).filter(({ id }) => !before.some((known) => known.id === id))) {
                merges++
                expect(entry).toMatchObject({ rule: 'match:oracle', evidence: { by: 'limits' } })
                expect((await profiles.identifiers(entry.winner)).length).toBeLessThanOrEqual(5)
                expect(Number(entry.evidence.probability)).toBeGreaterThanOrEqual(limits.merge ?? Number.POSITIVE_INFINITY)
              }
              const afterwards = await profiles.resolve(ids)
              for (const [left, right] of apart) {
                if (beforehand.get(left) === beforehand.get(right)) continue
                expect([left, right, afterwards.get(left) === afterwards.get(right)]).toEqual([left, right, false])
              }
            } else if (one.does === 'unmerge') {
              const standing = (await ledger()).filter(({ undone }) => undone === undefined)
              const entry = standing[one.which % Math.max(1, standing.length)]
              if (entry === undefined) continue
              const undone = await process.identity.unmerge({ workspace, profile: entry.loser, merge: entry.id })
              expect(undone.ok).toBe(true)
              const now = await profiles.resolve([entry.loser, entry.winner])
              apart.push([now.get(entry.loser) ?? 0, now.get(entry.winner) ?? 0])
            } else {
              const open = await matching.queue({ workspace, state: 'open', limit: 50 })
              const match = open[one.which % Math.max(1, open.length)]
              if (match === undefined) continue
              const decided = await matching.decide({ workspace, match: match.id, decision: one.does, by: 'An' })
              if (decided.ok && one.does === 'reject') apart.push([match.left, match.right])
            }
          }
        },
      ),
      { numRuns: 10 },
    )
    expect(merges).toBeGreaterThan(0)
  }, 240_000)
})
