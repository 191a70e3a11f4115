/** The package brings no types: what these tests use of it. */
declare module 'analytics-node' {
  import type { MessageCalls } from './play-messages.ts'

  class Analytics implements MessageCalls {
    constructor(writeKey: string, options: { host: string; timeout: number; errorHandler: (error: Error) => void })
    page: MessageCalls['page']
    identify: MessageCalls['identify']
    track: MessageCalls['track']
    screen: MessageCalls['screen']
    group: MessageCalls['group']
    alias: NonNullable<MessageCalls['alias']>
    flush(): Promise<unknown>
  }
  export = Analytics
}
