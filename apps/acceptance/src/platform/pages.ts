import type { Member, TrackedEvent } from './answers.ts'
import type { TenonApi } from './tenon-api.ts'

/** Everybody in a segment, page by page, with the tags that are asked for. */
export async function membersOf(api: TenonApi, segment: string, tags: readonly string[] = []): Promise<readonly Member[]> {
  const asked = tags.length === 0 ? '' : `&tags=${tags.join(',')}`
  return pagesOf((cursor) =>
    api
      .get<{ members: readonly Member[]; next: string | null }>(`/v1/segments/${segment}/members?limit=1000${asked}${cursor}`)
      .then(({ members, next }) => ({ rows: members, next })),
  )
}

/** The whole history of a person, newest first. */
export async function eventsOf(api: TenonApi, customer: string): Promise<readonly TrackedEvent[]> {
  return pagesOf((cursor) =>
    api
      .get<{ events: readonly TrackedEvent[]; next: string | null }>(`/v1/profiles/user_id:${customer}/events?limit=50${cursor}`)
      .then(({ events, next }) => ({ rows: events, next })),
  )
}

async function pagesOf<Row>(
  read: (cursor: string) => Promise<{ readonly rows: readonly Row[]; readonly next: string | null }>,
): Promise<readonly Row[]> {
  const all: Row[] = []
  const seen = new Set<string>()
  for (let cursor = ''; ; ) {
    const { rows, next } = await read(cursor)
    all.push(...rows)
    if (next === null) return all
    if (seen.has(next)) throw new Error('the pages go round in a circle')
    seen.add(next)
    cursor = `&cursor=${encodeURIComponent(next)}`
  }
}
