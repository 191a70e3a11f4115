import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { listen } from './listen.ts'

const agent = new Agent({ keepAlive: true })
afterAll(() => agent.destroy())

async function ask(address: string): Promise<IncomingMessage> {
  const [response] = (await once(get(address, { agent }), 'response')) as [IncomingMessage]
  response.resume()
  return response
}

it('keeps connections that nobody uses for longer than a minute, and none of them keeps it from ending', { timeout: 20_000 }, async () => {
  const server = await listen({ host: '127.0.0.1', port: 0 })
  server.serve(async () => {
    await delay(300)
    return new Response('late')
  })
  const first = await ask(server.address)
  expect(first.headers['keep-alive']).toBe('timeout=75')
  await once(first, 'end')
  const underway = ask(server.address)
  await delay(100)
  const closed = server.close(600_000)
  expect((await underway).statusCode).toBe(200)
  await closed
})
