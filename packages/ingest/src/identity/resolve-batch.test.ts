import type { Identifier } from '@tenon/kernel/contracts'
import { createIdentityRules, identityConfig } from '@tenon/plugin-identity-rules'
import { createGate } from '@tenon/privacy'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createWorld, policy, type World } from '../world.fixture.ts'
import { createIdentityCache } from './identity-cache.ts'
import { resolveBatch, type Subject } from './resolve-batch.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())
afterEach(() => vi.restoreAllMocks())

const clock = { now: () => new Date('2026-03-01T12:00:00.000Z') }
const id = (type: string, value: string): Identifier => ({ type, value })

/** Ten events of people of their own: two who are new, one who is made known, two who become one, and what they say about consent. */
function happening(group: string, says: string): readonly Subject[] {
  const visitor = id('anonymous_id', `a-${group}`)
  const user = id('user_id', `u-${group}`)
  const named = [[visitor], [user], [user, id('email', `${group}@x.cn`)], [visitor, user], [id('anonymous_id', `b-${group}`)]]
  return [...named, ...named].map((identifiers, index) => ({
    place: `${group}-${index}`,
    event: {
      ...{ messageId: `m-${group}-${index}`, source: 'web', type: 'track', name: 'Met', identifiers, groupId: '' },
      ...{ timestamp: clock.now(), receivedAt: clock.now() },
      texts: { properties: '{}', traits: '{}', context: says, groupTraits: '{}' },
    },
  }))
}

/** How many statements it takes to resolve so many groups, and how many people they come to. */
async function statements(groups: number, says: string): Promise<{ readonly statements: number; readonly merged: number }> {
  const subjects = Array.from({ length: groups }, (_, index) => happening(`${groups}-${index}-${says.length}`, says)).flat()
  const asked = vi.spyOn(pg.Client.prototype, 'query')
  return world.store.in('shop').transaction(async (transaction) => {
    await transaction.profiles.lock()
    asked.mockClear()
    const { tally, found } = await resolveBatch({
      ...{ transaction, subjects, cache: createIdentityCache(), blamed: new Map() },
      policy: createIdentityRules(identityConfig.parse({ defaultCountry: 'CN' })),
      gate: createGate({ store: world.store, policies: new Map([['test', policy]]), clock }),
      context: { workspace: 'shop', purpose: 'collect', now: clock.now(), signal: new AbortController().signal },
    })
    expect(found).toHaveLength(subjects.length)
    return { statements: asked.mock.calls.length, merged: tally.merged }
  })
}

describe('resolving a batch', () => {
  it.each(['{}', '{"consent":{"collect":true}}', '{"consent":{"collect":false}}'])(
    'takes as many statements for a thousand events as for ten, where they say %s',
    async (says) => {
      const few = await statements(1, says)
      const many = await statements(100, says)
      expect([few.merged, many.merged]).toEqual([1, 100])
      expect(few.statements).toBeGreaterThan(3)
      expect(many.statements).toBe(few.statements)
    },
  )
})
