import type { CustomerEvent, Properties, Transformation, TransformOutcome } from '@tenon/kernel/contracts'
import type { UserAgentConfig } from './config.ts'
import { type Agent, readUserAgent } from './read-user-agent.ts'

const KEPT: TransformOutcome = Object.freeze({ kind: 'kept' })

/** Fills `context.browser`, `context.os` and `context.device` from `context.userAgent`. What the client says itself stays. */
export function userAgentTransformation({ bots, remember, after }: UserAgentConfig): Transformation {
  const agentOf = remembering(remember, readUserAgent)

  function transform({ context }: CustomerEvent): TransformOutcome {
    const { userAgent } = context
    if (typeof userAgent !== 'string' || userAgent === '') return KEPT
    const agent = agentOf(userAgent)
    if (agent.isBot && bots === 'drop') return { kind: 'dropped', code: 'BOT' }
    const found = missingIn(context, agent)
    return found === undefined ? KEPT : { kind: 'changed', parts: { context: { ...context, ...found } } }
  }

  return {
    label: { en: 'Browser, system and device from the user agent', zh: '从 User-Agent 解析浏览器、系统与设备' },
    after,
    transform: async ({ events }) => events.map(transform),
  }
}

function missingIn(context: Properties, { browser, os, device }: Agent): Properties | undefined {
  const found = Object.entries({ browser, os, device }).flatMap(([key, facts]) =>
    facts === undefined || Object.hasOwn(context, key) ? [] : [[key, facts] as const],
  )
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

/** A pure function that keeps its last answers; the oldest goes first. */
function remembering<T>(limit: number, read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const answer = read(text)
    if (limit > 0) known.set(text, answer)
    if (known.size > limit) {
      const [oldest] = known.keys()
      if (oldest !== undefined) known.delete(oldest)
    }
    return answer
  }
}
