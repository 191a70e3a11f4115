import type { ServerHealth } from './supervisor.ts'

/** A server that was started for us and is kept running. */
export interface EmbeddedServer {
  /** What clients connect to; it stays the same over restarts. */
  readonly url: string
  health(): ServerHealth
  /** Ends the server in order; resolves once it is gone. */
  stop(): Promise<void>
}
