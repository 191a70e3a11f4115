import type { Logger } from '@tenon/kernel/contracts'

/** What middleware gives to handlers. */
export interface ApiEnvironment {
  Variables: {
    requestId: string
    /** Of the API key: the only workspace that the request can see. */
    workspace: string
    logger: Logger
  }
}
