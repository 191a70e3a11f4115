import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between clients and a NATS server. */
export interface Relay {
  readonly url: string
  /**
   * Breaks the connection off over the next acknowledgements of messages, so many of them, one after the other: the stream has the
   * message, and its sender does not hear so.
   */
  lose(acknowledgements: number): void
  /** Acknowledgements that are still to be lost. */
  readonly left: number
  close(): Promise<void>
}

/** Of a stream: what says where it is has other names for its numbers. */
const ACKNOWLEDGEMENT = /"seq":\s*\d/

export async function relayTo(url: string): Promise<Relay> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let left = 0
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    const breakOff = (): void => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', breakOff)
      socket.on('close', () => {
        sockets.delete(socket)
        breakOff()
      })
    }
    near.on('data', (bytes) => void far.write(bytes))
    far.on('data', (bytes) => {
      if (left > 0 && ACKNOWLEDGEMENT.test(bytes.toString('latin1'))) {
        left -= 1
        breakOff()
      } else near.write(bytes)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose(acknowledgements) {
      left = acknowledgements
    },
    get left() {
      return left
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
