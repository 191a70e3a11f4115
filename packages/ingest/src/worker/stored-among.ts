import type { StoredMessage } from '@tenon/analytics'
import type { Incoming } from './incoming.ts'
import type { Station } from './station.ts'

/** Asks the engine which events it has, by their message ids. For the few that need it: the engine has no index for that. */
export async function storedAmong(
  events: readonly Incoming[],
  { analytics, signal }: Station,
  counts: (row: StoredMessage) => boolean,
): Promise<(event: Incoming) => boolean> {
  const stored = new Set<string>()
  for (const [workspace, members] of Map.groupBy(events, (incoming) => incoming.workspace)) {
    const receivedFrom = new Date(Math.min(...members.map(({ event }) => event.receivedAt.getTime())))
    const messageIds = [...new Set(members.map(({ event }) => event.messageId))]
    const rows = await analytics.in(workspace).storedMessages({ messageIds, receivedFrom, signal })
    for (const row of rows) if (counts(row)) stored.add(nameOf(workspace, row))
  }
  return ({ workspace, event }) => stored.has(nameOf(workspace, event))
}

export const nameOf = (workspace: string, { source, messageId }: { readonly source: string; readonly messageId: string }): string =>
  `${workspace}\0${source}\0${messageId.toWellFormed()}`
