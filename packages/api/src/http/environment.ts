import type { Logger } from '@tenon/kernel/contracts'

/** What middleware gives to handlers. */
export interface ApiEnvironment {
  Variables: {
    requestId: string
    /** Of the API key: the only workspace that the request can see. */
    workspace: string
    /** The API key that asks, as it is kept with what people do. */
    actor: string
    logger: Logger
  }
}
