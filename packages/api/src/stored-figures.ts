import { setTimeout as delay } from 'node:timers/promises'
import { errorCode } from '@tenon/kernel'
import type { Platform } from './platform.ts'

/** What all processes together have before them and behind them, as the store knows it. */
export interface StoredFigures {
  readonly messages: readonly { readonly workspace: string; readonly channel: string; readonly state: string; readonly count: number }[]
  readonly matches: readonly { readonly workspace: string; readonly instance: string; readonly count: number }[]
  readonly imports: readonly { readonly workspace: string; readonly state: 'queued' | 'running'; readonly count: number }[]
  readonly replays: readonly { readonly workspace: string; readonly count: number }[]
}

export interface FiguredPlatform extends Pick<Platform, 'store' | 'logger'> {
  readonly engage: Pick<Platform['engage'], 'stats'>
  readonly matching: Pick<Platform['matching'], 'waiting'>
}

/** Scrapers wait for ten seconds by default, and want the rest of the figures most of all while the store is away. */
const LIMIT_MS = 3_000

/** Undefined where the store does not answer in time. One reading at a time, whoever scrapes: it must not take the connections of a store that is slow. */
export function createStoredFigures(platform: FiguredPlatform): () => Promise<StoredFigures | undefined> {
  const { logger } = platform
  let underWay: Promise<StoredFigures | undefined> | undefined

  async function read(): Promise<StoredFigures | undefined> {
    try {
      return await readAll(platform)
    } catch (error) {
      logger.warn('what the store knows is not among the metrics', { code: errorCode(error) ?? 'unknown' })
      return undefined
    } finally {
      underWay = undefined
    }
  }

  return async () => {
    underWay ??= read()
    const answered = new AbortController()
    const late = delay(LIMIT_MS, undefined, { signal: answered.signal, ref: false }).catch(() => undefined)
    const figures = await Promise.race([underWay, late])
    answered.abort()
    return figures
  }
}

/** One question after the other: ingest and the API have the same few connections, however many workspaces there are. */
async function readAll({ store, engage, matching }: FiguredPlatform): Promise<StoredFigures> {
  const all: StoredFigures[] = []
  for (const { id: workspace } of await store.workspaces.list()) {
    const { imports, replays } = store.in(workspace)
    const channels = await engage.stats({ workspace })
    const waiting = await matching.waiting(workspace)
    const unfinished = await imports.unfinished()
    const running = await replays.running()
    const inState = (state: 'queued' | 'running'): number => unfinished.filter((one) => one.state === state).length
    all.push({
      messages: [...channels].flatMap(([channel, { states }]) =>
        Object.entries(states).map(([state, count]) => ({ workspace, channel, state, count })),
      ),
      matches: [...waiting].map(([instance, count]) => ({ workspace, instance, count })),
      imports: (['queued', 'running'] as const).map((state) => ({ workspace, state, count: inState(state) })),
      replays: [{ workspace, count: running.length }],
    })
  }
  return {
    messages: all.flatMap(({ messages }) => messages),
    matches: all.flatMap(({ matches }) => matches),
    imports: all.flatMap(({ imports }) => imports),
    replays: all.flatMap(({ replays }) => replays),
  }
}
