import { definePlugin } from '@tenon/kernel'
import { type Identifier, type IdentityPolicy, identityPolicy } from '@tenon/kernel/contracts'
import { z } from 'zod'

const isSame = (left: Identifier, right: Identifier): boolean => left.type === right.type && left.value === right.value
const cardNumber = (value: string): string | undefined => /^\d{4,20}$/.exec(value.replace(/[\s-]/g, ''))?.[0]

/** A loyalty card is a person. Two cards in one event belong to one person, whose oldest profile stays. */
export const cardPolicy: IdentityPolicy = {
  types: [{ type: 'card', label: { en: 'Loyalty card', zh: '会员卡' }, personal: true, normalise: cardNumber }],
  plan({ identifiers, owners }) {
    if (identifiers.length === 0) return { kind: 'anonymous', rule: 'no card', dropped: [] }
    const holders = owners
      .filter((owner) => owner.identifiers.some((held) => identifiers.some((asked) => isSame(asked, held))))
      .sort((left, right) => left.firstSeen.getTime() - right.firstSeen.getTime() || left.profile - right.profile)
    const attach = identifiers.filter((asked) => !holders.some((owner) => owner.identifiers.some((held) => isSame(asked, held))))
    const [oldest, ...others] = holders
    if (oldest === undefined) return { kind: 'create', attach, dropped: [] }
    if (others.length === 0) return { kind: 'attach', to: oldest.profile, attach, dropped: [] }
    const from = others.map(({ profile }) => profile)
    return { kind: 'merge', into: oldest.profile, from, rule: 'cards in one event', attach, dropped: [] }
  },
}

export const cardIdentity = definePlugin({
  id: 'acme.identity-card',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { identityPolicy },
  setup: () => ({ provide: { identityPolicy: cardPolicy } }),
})
