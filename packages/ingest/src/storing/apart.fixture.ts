import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Logger } from '@tenon/kernel/contracts'
import { createRemoteStorer, type StoringProcess } from './remote-storer.ts'
import { serveStorer } from './serve-storer.ts'
import type { Storer } from './storer.ts'
import type { FromStoring, StoringPort, ToStoring } from './storing-messages.ts'

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

const portOf = <In, Out>(port: MessagePort): StoringPort<In, Out> => ({
  send: async (message) => port.postMessage(message),
  onMessage: (listener) => void port.on('message', listener),
})

/** A storer of this process from beyond a channel: what is said is copied and comes later, as between two processes. */
export const storedApart = (folder: string, storer: Storer): Storer =>
  createRemoteStorer({
    folder,
    logger: quiet,
    launch(): StoringProcess {
      const { port1: near, port2: far } = new MessageChannel()
      const closed = new Promise<void>((resolve) => void near.once('close', () => resolve()))
      const end = (): void => far.close()
      serveStorer(portOf<ToStoring, FromStoring>(far), { open: async () => storer, logger: quiet }).then(end, end)
      return { ...portOf<FromStoring, ToStoring>(near), ended: closed.then(() => 'closed'), kill: end }
    },
  })
