import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Addresses, isAddresses, startPairProcess } from './pair-process.ts'
import type { StorePair } from './store-pair.ts'

/** Hands the one pair of a test run to its worker processes. A run that never asks starts no server. */
export interface PairDesk {
  readonly url: string
  close(): Promise<void>
}

export async function openPairDesk(): Promise<PairDesk> {
  let pair: Promise<StorePair> | undefined
  const server = createServer((_request, response) => {
    pair ??= startPairProcess()
    pair.then(
      ({ databaseUrl, clickhouseUrl }) => response.end(JSON.stringify({ databaseUrl, clickhouseUrl } satisfies Addresses)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the desk for test stores has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await (await pair?.catch(() => undefined))?.stop()
    },
  }
}

/** Waits until the pair is up; the first to ask starts it. */
export async function askForPair(desk: string): Promise<Addresses> {
  const response = await fetch(desk)
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  const answer: unknown = JSON.parse(text)
  if (!isAddresses(answer)) throw new TypeError('the desk for test stores answered something else')
  return answer
}
