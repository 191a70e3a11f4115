import { setTimeout as pause } from 'node:timers/promises'
import { startServerAt, testPlace } from '../../server/src/test/running.fixture.ts'
import { eventsOfNobody } from './events-of-nobody.ts'

export interface StoredEvent {
  readonly messageId: string
  readonly type: string
  readonly name: string
  readonly timestamp: string
  readonly receivedAt: string
  readonly source: string
  readonly identifiers: readonly Identifier[]
  readonly properties: Readonly<Record<string, unknown>>
  readonly traits: Readonly<Record<string, unknown>>
  readonly context: Readonly<Record<string, unknown>>
  readonly group?: { readonly id: string; readonly traits: Readonly<Record<string, unknown>> }
}

export interface Identifier {
  readonly type: string
  readonly value: string
}

export interface Profile {
  readonly identifiers: readonly Identifier[]
  readonly traits: Readonly<Record<string, unknown>>
}

export interface FailedEvent {
  readonly code: string
  readonly reason: string
  readonly payload: string
  readonly messageId?: string
}

export interface Person {
  readonly profile: Profile
  /** Newest first, as the API gives them. */
  readonly events: readonly StoredEvent[]
}

/** A running server, asked through its public API, but for what that shows to nobody. */
export interface Collector {
  readonly address: string
  readonly writeKey: string
  /** What went wrong on the server's own account. */
  readonly logged: readonly { readonly message: string; readonly fields: unknown }[]
  /** Resolves once nothing that was accepted waits in the log. */
  stored(): Promise<void>
  /** Undefined where nobody goes by the identifier. */
  person(identifier: string): Promise<Person | undefined>
  /** Events that name nobody, as the engine has them. */
  ofNobody(): Promise<readonly StoredEvent[]>
  failedEvents(query?: string): Promise<readonly FailedEvent[]>
  /** Events by state, from the metrics. */
  counts(): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

const writeKey = 'write-key-of-the-clients'

/** The retail edition on real stores, on a free port. */
export async function openCollector(): Promise<Collector> {
  const place = await testPlace({ TENON_WRITE_KEY: writeKey })
  const server = await startServerAt(place)

  async function get<Answer>(path: string): Promise<Answer | undefined> {
    const { status, body } = await server.call('GET', path)
    if (status === 404) return undefined
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`)
    return body as Answer
  }

  async function pages<Page extends { readonly next: string | null }, Row>(path: string, rows: (page: Page) => readonly Row[]) {
    const all: Row[] = []
    const separator = path.includes('?') ? '&' : '?'
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Page | undefined = await get<Page>(
        `${path}${separator}limit=1000${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      if (page === undefined) return all
      all.push(...rows(page))
      cursor = page.next
    }
    return all
  }

  async function counts(): Promise<Readonly<Record<string, number>>> {
    const { body } = await server.call('GET', '/metrics')
    return Object.fromEntries(
      [...String(body).matchAll(/^tenon_events_total\{state="(\w+)"\} (\d+)$/gm)].map(([, state = '', count]) => [state, Number(count)]),
    )
  }

  return {
    address: server.address,
    writeKey,
    logged: server.logged,
    counts,
    async stored() {
      for (let tries = 0; tries < 600; tries += 1) {
        if ((await counts()).in_log === 0) return
        await pause(50)
      }
      throw new Error(`events still wait in the log: ${JSON.stringify(await counts())}`)
    },
    async person(identifier) {
      const path = `/v1/profiles/${encodeURIComponent(identifier)}`
      const profile = await get<Profile>(path)
      if (profile === undefined) return undefined
      const events = await pages(
        `${path}/events`,
        ({ events: rows }: { readonly events: readonly StoredEvent[]; readonly next: string | null }) => rows,
      )
      return { profile, events }
    },
    ofNobody: () => eventsOfNobody(place.env.TENON_CLICKHOUSE_URL ?? ''),
    failedEvents: (query = '') =>
      pages(
        `/v1/failed-events${query}`,
        ({ failedEvents }: { readonly failedEvents: readonly FailedEvent[]; readonly next: string | null }) => failedEvents,
      ),
    async close() {
      await server.close()
      await place.close()
    },
  }
}
