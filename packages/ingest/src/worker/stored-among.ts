import type { StoredMessage } from '@tenon/analytics'
import type { Incoming } from './incoming.ts'
import type { Station } from './station.ts'

/** Asks the engine which events of one workspace it has, by their message ids; `batch`: only those that this batch wrote. For the few that need it. */
export async function storedAmong(
  workspace: string,
  events: readonly Incoming[],
  { analytics, signal }: Pick<Station, 'analytics' | 'signal'>,
  { batch }: { readonly batch?: number } = {},
): Promise<readonly StoredMessage[]> {
  const receivedFrom = new Date(Math.min(...events.map(({ event }) => event.receivedAt.getTime())))
  const messageIds = [...new Set(events.map(({ event }) => event.messageId))]
  return analytics.in(workspace).storedMessages({ messageIds, receivedFrom, signal, ...(batch === undefined ? {} : { batch }) })
}

export const nameOf = (workspace: string, { source, messageId }: { readonly source: string; readonly messageId: string }): string =>
  `${workspace}\0${source}\0${messageId.toWellFormed()}`
