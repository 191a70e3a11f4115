import type { Call, Story } from '../story.ts'
import type { Played } from '../tracking-client.ts'

type Callback = (error?: unknown) => void
type Bag = Record<string, string | number | string[]>
type Who = { userId: string; anonymousId: string }

/** The face that the libraries for servers share: one message and one callback. */
export interface MessageCalls {
  page(message: Who & { name: string; properties: Bag }, callback: Callback): unknown
  identify(message: Who & { traits: Bag }, callback: Callback): unknown
  track(message: Partial<Who> & { anonymousId: string; event: string; properties: Bag; timestamp?: Date }, callback: Callback): unknown
  screen(message: Who & { name: string; properties: Bag }, callback: Callback): unknown
  group(message: Who & { groupId: string; traits: Bag }, callback: Callback): unknown
  alias?(message: { userId: string; previousId: string }, callback: Callback): unknown
}

/** Plays the story, lets `flush` bring out what waits, and resolves when every call has had its callback. */
export async function playMessages(
  api: MessageCalls,
  calls: readonly Call[],
  story: Story,
  flush: () => Promise<unknown>,
): Promise<Played> {
  const errors: string[] = []
  const called = <Message>(call: ((message: Message, callback: Callback) => unknown) | undefined, message: Message) =>
    new Promise<void>((resolve) => {
      call?.call(api, message, (error) => {
        if (error !== undefined && error !== null) errors.push(reasonOf(error))
        resolve()
      })
    })
  const { userId, anonymousId, formerId, groupId, traits, order, orderedAt } = story
  const who = { userId, anonymousId }
  const plays: Readonly<Record<Call, () => Promise<unknown>>> = {
    page: () => called(api.page, { ...who, name: 'Home', properties: { url: 'https://shop.example/' } }),
    identify: () => called(api.identify, { ...who, traits: { ...traits } }),
    track: () =>
      called(api.track, {
        ...who,
        event: 'Order Completed',
        properties: { ...order, products: [...order.products] },
        timestamp: orderedAt,
      }),
    screen: () => called(api.screen, { ...who, name: 'Cart', properties: {} }),
    group: () => called(api.group, { ...who, groupId, traits: { name: 'Acme' } }),
    alias: () =>
      Promise.all([
        called(api.track, { anonymousId: formerId, event: 'Landed', properties: {} }),
        called(api.alias, { userId, previousId: formerId }),
      ]),
  }
  const done = Promise.all(calls.map((call) => plays[call]()))
  await flush()
  await done
  return { errors }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name
  return typeof error === 'string' ? error : JSON.stringify(error)
}
