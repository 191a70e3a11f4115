import type { ConsentPolicy, Decision, Purpose } from '@tenon/kernel/contracts'
import { type ConsentBasicConfig, PURPOSE, type PurposeRule } from './config.ts'
import { defaultPurposes } from './default-purposes.ts'
import { interpret } from './interpret.ts'
import { standing } from './standing.ts'
import { stricter } from './stricter.ts'

/**
 * Opt-in or opt-out per purpose. A no to a purpose is a no to all its parts, however often they were granted; a
 * yes covers the parts to which nobody said no. A purpose that neither it nor a parent of it is configured is unknown: no.
 */
export function createBasicPolicy(config: ConsentBasicConfig): ConsentPolicy {
  const own = new Set(config.purposes.map(({ purpose }) => purpose))
  const known = [...defaultPurposes.filter(({ purpose }) => !own.has(purpose)), ...config.purposes]
  const rules = new Map(known.map((rule) => [rule.purpose, { ...rule, accepted: new Set([...rule.bases, 'consent']) }]))
  return Object.freeze<ConsentPolicy>({
    jurisdictions: Object.freeze([...config.jurisdictions]),
    purposes: Object.freeze(known.map(describe)),
    stricter,
    interpret: (signal) => interpret(signal, config),
    decide({ purpose, receipts }, { now }) {
      const chain = PURPOSE.test(purpose) ? withParents(purpose) : []
      const rule = chain.map((part) => rules.get(part)).find((found) => found !== undefined)
      if (rule === undefined) return no('UNKNOWN_PURPOSE', { purpose })
      const standings = chain.map((part) => standing(receipts, part, rule.accepted, now))
      const denied = standings.find((found) => found.kind === 'denied')
      if (denied !== undefined) return no('DENIED', { purpose: denied.receipt.purpose, receipt: denied.receipt.id })
      const granted = standings.find((found) => found.kind === 'granted')
      if (granted !== undefined) return { granted: true, basis: granted.receipt.basis, receipt: granted.receipt.id }
      const basis = rule.requires === 'objection' ? rule.bases.find((candidate) => candidate !== 'consent') : undefined
      return basis === undefined ? no('NO_CONSENT', { purpose }) : { granted: true, basis }
    },
  })
}

/** `marketing.email.offers`, `marketing.email`, `marketing`. */
function withParents(purpose: Purpose): readonly Purpose[] {
  const parts = purpose.split('.')
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('.'))
}

const describe = ({ purpose, label: { en, zh }, bases }: PurposeRule): ConsentPolicy['purposes'][number] =>
  Object.freeze({ purpose, label: Object.freeze({ en, ...(zh === undefined ? {} : { zh }) }), bases: Object.freeze([...bases]) })

const no = (code: string, detail: Readonly<Record<string, string>>): Decision => ({ granted: false, reason: { code, detail } })
