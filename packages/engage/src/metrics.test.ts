import type { Meter } from '@tenon/kernel/contracts'
import { expect, it } from 'vitest'
import { scripted } from './house.fixture.ts'
import { houseOfFile, idOf, request } from './messages.fixture.ts'

const house = houseOfFile()

it('counts what becomes of each message, and how calls end', async () => {
  const said: string[] = []
  const tell = (name: string, labels: Readonly<Record<string, string>>): void =>
    void said.push([name.replace('tenon_', ''), ...Object.values(labels)].join(' '))
  const meter: Meter = { count: ({ name }, labels) => tell(name, labels), observe: ({ name }, labels) => tell(name, labels) }
  const during = async (run: () => Promise<unknown>): Promise<readonly string[]> => {
    said.length = 0
    await run()
    return said.toSorted()
  }
  const workspace = await house().workspace()
  const channel = scripted((_message, attempt) => (attempt === 1 ? 'deferred' : 'accepted'))
  const engage = house().engage({ chat: channel }, { retry: { firstMs: 1_000 }, meter })
  const an = await house().person(workspace)

  expect(await during(async () => idOf(await engage.send(request(workspace, an))))).toEqual([])
  expect(await during(engage.work)).toEqual(['channel_call_seconds chat done', 'message_outcomes_total chat put-off DEFERRED'])
  house().clock.advance(60_000)
  expect(await during(engage.work)).toEqual(['channel_call_seconds chat done', 'message_outcomes_total chat sent '])

  const nowhere = await house().person(workspace, { handle: null })
  const again = request(workspace, nowhere)
  expect(await during(() => engage.send(again))).toEqual(['message_outcomes_total chat dropped NO_ADDRESS'])
  expect(await during(() => engage.send(again))).toEqual([])

  const broken = scripted(() => {
    throw new Error('down')
  })
  const failing = house().engage({ chat: broken }, { meter })
  await failing.send(request(workspace, an))
  expect(await during(failing.work)).toEqual(['channel_call_seconds chat failed', 'message_outcomes_total chat put-off CHANNEL_FAILED'])
})
