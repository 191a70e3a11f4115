import type { Dropped, Identifier, IdentityPlan, IdentityPolicy, Owner } from '@tenon/kernel/contracts'
import type { IdentityConfig } from './config.ts'
import { fit } from './fit.ts'
import { bestRank, compare, compareIdentifiers, type Group, groupsOf, keyOf } from './groups.ts'
import { compileRules, type Rules } from './rules.ts'

/**
 * Deterministic identity resolution: profiles that share an event become one as long as limits allow; in a conflict the
 * weakest identifiers of the event are dropped until it fits. The plan does not depend on the order of identifiers or owners.
 */
export function createIdentityRules(config: IdentityConfig): IdentityPolicy {
  const rules = compileRules(config)
  return {
    types: [...rules.types.values()],
    plan({ identifiers, owners, cause }) {
      const { usable, dropped } = sift(identifiers, rules)
      const meant = cause.type === 'alias' ? settlePrevious(usable, owners) : { usable, dropped: [] }
      const joinsBeyondLimits = cause.type === 'alias' && rules.alias === 'join'
      const fitted = fit(groupsOf(meant.usable, owners, rules), rules, {
        atMs: cause.at.getTime(),
        enforced: (rule) => rule.unique || !joinsBeyondLimits,
      })
      const nameRule = (): string => (joinsBeyondLimits ? 'alias' : linkName(fitted.groups, rules))
      return planOf(fitted.groups, [...dropped, ...meant.dropped, ...fitted.dropped], nameRule, rules)
    },
  }
}

interface Sifted {
  readonly usable: readonly Identifier[]
  readonly dropped: readonly Dropped[]
}

/** Takes out what identifies nobody, and puts the rest into an order of its own. */
function sift(identifiers: readonly Identifier[], rules: Rules): Sifted {
  const usable: Identifier[] = []
  const dropped: Dropped[] = []
  const ordered = identifiers.length < 2 ? identifiers : [...identifiers].sort((left, right) => compareIdentifiers(left, right, rules))
  for (const identifier of ordered) {
    const rule = rules.types.has(identifier.type) ? rules.blockedBy(identifier) : 'unknown-type'
    if (rule === undefined) usable.push(identifier)
    else dropped.push({ ...identifier, rule })
  }
  return { usable, dropped }
}

/**
 * A source that does not know what kind of id an alias replaces names the value as user and as anonymous id. What
 * somebody holds is meant; a value that nobody holds is an anonymous id.
 */
function settlePrevious(usable: readonly Identifier[], owners: readonly Owner[]): Sifted {
  const held = new Set(owners.flatMap(({ identifiers }) => identifiers.map(keyOf)))
  const isHeld = (type: string, value: string): boolean => held.has(keyOf({ type, value }))
  const named = new Set(usable.map(keyOf))
  const isMeant = ({ type, value }: Identifier): boolean => {
    if (type !== 'user_id' && type !== 'anonymous_id') return true
    const other = type === 'user_id' ? 'anonymous_id' : 'user_id'
    if (!named.has(keyOf({ type: other, value })) || isHeld(type, value)) return true
    return type === 'anonymous_id' && !isHeld(other, value)
  }
  return {
    usable: usable.filter(isMeant),
    dropped: usable.filter((identifier) => !isMeant(identifier)).map((identifier) => ({ ...identifier, rule: 'alias-previous' })),
  }
}

function planOf(groups: readonly Group[], dropped: readonly Dropped[], nameRule: () => string, rules: Rules): IdentityPlan {
  const attach = groups.filter(({ owner }) => owner === undefined).flatMap(({ identifiers }) => identifiers)
  const known = groups.flatMap(({ owner }) => owner ?? []).sort((left, right) => compareOwners(left, right, rules))
  const [survivor, ...others] = known
  if (survivor === undefined) {
    return attach.length === 0 ? { kind: 'anonymous', rule: 'no-identifier', dropped } : { kind: 'create', attach, dropped }
  }
  if (others.length === 0) return { kind: 'attach', to: survivor.profile, attach, dropped }
  return { kind: 'merge', into: survivor.profile, from: others.map(({ profile }) => profile), rule: nameRule(), attach, dropped }
}

/** Who holds the strongest type survives; among equals the oldest. */
function compareOwners(left: Owner, right: Owner, rules: Rules): number {
  return (
    compare(bestRank(left.identifiers, rules), bestRank(right.identifiers, rules)) ||
    compare(left.firstSeen.getTime(), right.firstSeen.getTime()) ||
    compare(left.profile, right.profile)
  )
}

/** `link:user_id+anonymous_id`: the types through which the event joined people. */
function linkName(groups: readonly Group[], rules: Rules): string {
  const types = new Set(groups.flatMap(({ owner, identifiers }) => (owner === undefined ? [] : identifiers)).map(({ type }) => type))
  return `link:${[...rules.types.keys()].filter((type) => types.has(type)).join('+')}`
}
