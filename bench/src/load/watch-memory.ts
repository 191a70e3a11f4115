import { setTimeout as delay } from 'node:timers/promises'
import type { ServerProcess, ServerState } from './server-process.ts'

export interface MemorySample extends Pick<ServerState, 'rssBytes' | 'storingRssBytes' | 'engineRssBytes' | 'inLog'> {
  /** Seconds since the watching began. */
  readonly x: number
}

/** Memory by second, until it is stopped. Stopping fails where a look failed: half of a curve looks like a whole one. */
export function watchMemory(server: Pick<ServerProcess, 'state'>): { readonly samples: readonly MemorySample[]; stop(): Promise<void> } {
  const samples: MemorySample[] = []
  const began = performance.now()
  const stopping = new AbortController()
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const { rssBytes, storingRssBytes, engineRssBytes, inLog } = await server.state()
      samples.push({ x: (performance.now() - began) / 1_000, rssBytes, storingRssBytes, engineRssBytes, inLog })
      await delay(1_000, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const watching = watch()
  watching.catch(() => undefined)
  return {
    samples,
    stop() {
      stopping.abort()
      return watching
    },
  }
}
