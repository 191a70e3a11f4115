import type { Message } from '../mapping/message.ts'
import { eventsOf } from '../platform/pages.ts'
import { sendAll } from '../platform/send-all.ts'
import type { CheckContext } from './check-context.ts'

/** The same messages again are counted as duplicates and change nothing. */
export async function checkRepeated({ api, figures, people }: CheckContext, messages: readonly Message[]): Promise<void> {
  const before = (await eventsOf(api, people.best)).length
  const { counts } = await sendAll(api, messages)
  figures.contract('sent again: received', counts.received, messages.length)
  figures.contract('sent again: duplicates', counts.duplicate, messages.length)
  figures.contract('sent again: stored', counts.stored, 0)
  figures.contract(`sent again: events of customer ${people.best}`, (await eventsOf(api, people.best)).length, before)
}
