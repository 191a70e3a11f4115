import type { CallContext, EventType, Identifier, IdentityPlan, Owner } from '@tenon/kernel/contracts'
import type { z } from 'zod'
import { identityConfig } from './config.ts'
import { createIdentityRules } from './identity-rules.ts'

export const DAY_MS = 86_400_000
export const START = Date.UTC(2026, 0, 1)
export const context: CallContext = { workspace: 'w', purpose: 'collect', now: new Date(START), signal: new AbortController().signal }

/** Applies plans as the station does: enough of it to see people come and go. */
export function world(config: z.input<typeof identityConfig> = {}) {
  const policy = createIdentityRules(identityConfig.parse(config))
  let profiles: (Owner & { readonly identifiers: (Identifier & { since: Date })[] })[] = []
  let next = 1
  const holder = ({ type, value }: Identifier) =>
    profiles.find(({ identifiers }) => identifiers.some((held) => held.type === type && held.value === value))
  return {
    policy,
    profiles: () => profiles,
    /** Who has it. */
    who: (text: string) => holder(parse(text))?.profile,
    happens(texts: readonly string[], day = 0, type: EventType = 'track', source = 's'): IdentityPlan {
      const at = new Date(START + day * DAY_MS)
      const identifiers = texts.map(parse)
      const owners = [...new Set(identifiers.flatMap((identifier) => holder(identifier) ?? []))]
      const plan = policy.plan({ identifiers, owners, cause: { type, source, at } }, context)
      if (plan.kind === 'anonymous') return plan
      if (plan.kind === 'create') {
        profiles.push({ profile: next++, firstSeen: at, identifiers: plan.attach.map((one) => ({ ...one, since: at })) })
        return plan
      }
      const into = profiles.find(({ profile }) => profile === (plan.kind === 'merge' ? plan.into : plan.to))
      if (into === undefined) throw new Error('a plan for nobody')
      const from = plan.kind === 'merge' ? profiles.filter(({ profile }) => plan.from.includes(profile)) : []
      into.identifiers.push(...from.flatMap(({ identifiers: held }) => held), ...plan.attach.map((one) => ({ ...one, since: at })))
      profiles = profiles.filter((profile) => !from.includes(profile))
      return plan
    },
  }
}

export function parse(text: string): Identifier {
  const [type = '', value = ''] = text.split(':')
  return { type, value }
}

export const text = ({ type, value }: Identifier): string => `${type}:${value}`
