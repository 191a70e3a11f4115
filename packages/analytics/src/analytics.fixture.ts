import type { ProfileId } from '@tenon/kernel/contracts'
import { ephemeralStores } from '@tenon/testing/stores'
import fc from 'fast-check'
import { afterAll, beforeAll } from 'vitest'
import { type Analytics, openAnalytics } from './analytics.ts'
import type { StoredEvent } from './writer/event-format.ts'

/** A clock that goes forward by a millisecond each time it is looked at. */
export function tickingClock(from = Date.UTC(2026, 0, 1)) {
  let ms = from
  return { now: () => new Date(ms++) }
}

/** A migrated store for the tests of one file. */
export function migratedAnalytics(): { readonly store: Analytics; readonly clickhouseUrl: string; workspace(): string } {
  let opened: { analytics: Analytics; clickhouseUrl: string; close(): Promise<void> } | undefined
  let workspaces = 0
  beforeAll(async () => {
    const stores = await ephemeralStores()
    const analytics = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock: tickingClock() })
    await analytics.migrate()
    opened = { analytics, clickhouseUrl: stores.clickhouseUrl, close: () => stores.close() }
  })
  afterAll(async () => {
    await opened?.analytics.close()
    await opened?.close()
  })
  const here = () => {
    if (opened === undefined) throw new Error('the store opens before the first test')
    return opened
  }
  return {
    get store() {
      return here().analytics
    },
    get clickhouseUrl() {
      return here().clickhouseUrl
    },
    workspace: () => `workspace-${++workspaces}`,
  }
}

let messages = 0

/** An event with what a test says about it. */
export function event(workspace: string, profile: ProfileId, says: Partial<StoredEvent> = {}): StoredEvent {
  const number = ++messages
  return {
    workspace,
    profile,
    batch: 1,
    messageId: `message-${number}`,
    source: 'web',
    type: 'track',
    name: 'Product Viewed',
    identifiers: [],
    properties: {},
    traits: {},
    context: {},
    timestamp: new Date(Date.UTC(2026, 0, 1) + number),
    receivedAt: new Date(Date.UTC(2026, 0, 1) + number),
    ...says,
  }
}

/** A different token each time, for inserts that are not about tokens. */
export const token = (): string => `token-${++messages}`

/** Text that means something to SQL, to the formats of the engine or to nobody. */
export const nastyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    "'; DROP TABLE events; --",
    "' OR 1 = 1 --",
    '{workspace:String}',
    '\\',
    "\\'",
    '\0',
    '\t\n\r',
    '/*',
    '*/ -- x',
    '`',
    '"',
    '\ud800',
    "[('a','b')]",
    '\\N',
    '%25\u0026a=b?#',
    '\ufeff',
    '????',
  ),
)
