import type { Logger } from '@tenon/kernel/contracts'
import { StoringUnheard } from '../errors.ts'
import { followLog } from '../log/follow-log.ts'
import type { Storer } from './storer.ts'
import { ALIVE_EVERY_MS, type FromStoring, type StoringPort, type ToStoring } from './storing-messages.ts'

/**
 * The other end of `createRemoteStorer`, in the process that stores: waits to be told what, and stores it until it is told to leave.
 * `open` makes the storer meanwhile; where it fails, so does this.
 */
export async function serveStorer(
  port: StoringPort<ToStoring, FromStoring>,
  { open, logger }: { readonly open: () => Promise<Storer>; readonly logger: Logger },
): Promise<void> {
  const leaving = new AbortController()
  const ordered = Promise.withResolvers<Parameters<Storer>[0]>()
  let moved: (end: number) => void = () => undefined
  let heard: ((ok: boolean) => void) | undefined

  port.onMessage((message) => {
    if (message.kind === 'store') {
      const log = followLog({ ...message, logger })
      moved = log.moved
      ordered.resolve({ log, stream: message.stream })
    } else if (message.kind === 'end') moved(message.end)
    else if (message.kind === 'heard') heard?.(message.ok)
    else {
      leaving.abort()
      heard?.(false)
    }
  })

  const alive = setInterval(() => port.send({ kind: 'alive' }), ALIVE_EVERY_MS)
  try {
    const [line, storer] = await Promise.all([ordered.promise, open()])
    const { signal } = leaving
    await storer(
      line,
      { signal, leave: signal },
      {
        async onPosition(position) {
          const answer = Promise.withResolvers<boolean>()
          heard = answer.resolve
          if (signal.aborted) answer.resolve(false)
          port.send({ kind: 'position', position })
          if (!(await answer.promise)) throw StoringUnheard.create({})
        },
        onStored: (stored, position) => void port.send({ kind: 'stored', stored, position }),
        onTrouble: (code) => void port.send({ kind: 'trouble', code }),
        onWell: () => undefined,
      },
    )
  } finally {
    clearInterval(alive)
  }
}
