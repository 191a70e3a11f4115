import { once } from 'node:events'
import { createServer, connect as dial, type NetConnectOpts, type Socket } from 'node:net'

/** A door in front of a server of stores, on a port of 127.0.0.1 that stays the same. */
export interface Gate {
  readonly port: number
  /** Cuts everybody off and refuses whoever comes, as a machine does that is gone. */
  shut(): Promise<void>
  open(): Promise<void>
}

export async function openGate(target: NetConnectOpts): Promise<Gate> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  const server = createServer((near) => {
    const far = keep(dial(target))
    keep(near).once('close', () => far.destroy())
    far.once('close', () => near.destroy())
    near.pipe(far).pipe(near)
  })
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const bound = server.address()
  if (typeof bound !== 'object' || bound === null) throw new Error('no port is free')
  const { port } = bound
  return {
    port,
    async shut() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    open: () => listen(port),
  }
}
