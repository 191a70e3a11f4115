import type { ProfileId, Purpose, Rule } from '@tenon/kernel/contracts'
import { nodesOf, partsOf, type RuleNode } from '../definitions/rule-nodes.ts'

/** Whether a rule holds for a person, and why it does not. */
export type RuleVerdict =
  | { readonly holds: true }
  /** The person may not be processed for this purpose, so nothing can be said about them. */
  | { readonly holds: false; readonly withoutConsentTo: Purpose }
  /** The conditions that would have to hold. */
  | { readonly holds: false; readonly failed: readonly RuleNode[] }

/**
 * The conditions by which a rule fails for somebody: of an `and` those that do not hold, of an `or` all. A `not` is one condition:
 * what is within it holds, or nobody knows.
 */
export async function failedConditions(
  rule: Rule,
  profile: ProfileId,
  evaluate: (rules: readonly { readonly key: string; readonly rule: Rule }[]) => Promise<ReadonlyMap<string, readonly ProfileId[]>>,
): Promise<readonly RuleNode[]> {
  const root: RuleNode = { path: '', rule }
  const parts = [...nodesOf(root)].filter(({ path }) => path !== '' && !path.split('.').includes('not'))
  if (parts.length === 0) return [root]
  const found = await evaluate(parts.map(({ path, rule: part }) => ({ key: path, rule: part })))
  const holds = ({ path }: RuleNode): boolean => (found.get(path) ?? []).includes(profile)
  const failing = (node: RuleNode): readonly RuleNode[] => {
    const below = 'not' in node.rule ? [] : partsOf(node).filter((part) => !holds(part))
    return below.length === 0 ? [node] : below.flatMap(failing)
  }
  return failing(root)
}
