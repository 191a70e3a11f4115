import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LogPlace, localKind } from '../log/log-places.fixture.ts'
import { createWorld, type World } from '../world.fixture.ts'

let world: World
let place: LogPlace
beforeAll(async () => {
  ;[world, place] = await Promise.all([createWorld(), localKind.place()])
})
afterAll(async () => {
  await world.close()
  await place.close()
})

/** They belong to no workspace, so nobody but the engine lists them. */
async function receivedAt(): Promise<readonly string[]> {
  const url = new URL(world.clickhouseUrl)
  const authorization = `Basic ${btoa(`${url.username}:${url.password}`)}`
  url.searchParams.set('database', url.pathname.slice(1))
  Object.assign(url, { pathname: '/', username: '', password: '' })
  const body = "SELECT toString(received_at) FROM failed_events WHERE code = 'UNREADABLE_RECORD' ORDER BY id FORMAT TSV"
  const response = await fetch(url, { method: 'POST', headers: { authorization }, body })
  return (await response.text()).trimEnd().split('\n')
}

it('an unreadable record was received when it was read first, however often its batch is done again', async () => {
  const log = place.make()()
  const opened = await log()
  expect(await opened.logs[0]?.append(Buffer.from('{"v":1}\nof another time'), 2)).toBe('durable')
  await opened.close()

  let tries = 0
  world.sabotage = (operation) => {
    if (operation !== 'insertFailed') return undefined
    tries += 1
    return 'before'
  }
  const first = await world.start({ log })
  await expect.poll(() => tries).toBeGreaterThan(1)
  await first.stop({ drainMs: 0 })
  world.sabotage = () => undefined
  const read = world.now
  world.now = new Date(read.getTime() + 3 * 86_400_000)
  const second = await world.start({ log })
  await second.idle()
  const text = read.toISOString().replace('T', ' ').replace('Z', '')
  expect(await receivedAt()).toEqual([text, text])
  expect(second.stats()).toMatchObject({ received: 2, failed: 2, inLog: 0 })
  await second.stop()
})
