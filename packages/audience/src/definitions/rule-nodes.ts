import type { Properties, Rule } from '@tenon/kernel/contracts'

/** A rule within a rule, and where it stands: `and[1].not`; the path of the whole is empty. */
export interface RuleNode {
  readonly path: string
  readonly rule: Rule
}

/** What a rule is made of, one level down. */
export function partsOf({ path, rule }: RuleNode): readonly RuleNode[] {
  const within = (key: string) => (path === '' ? key : `${path}.${key}`)
  if ('and' in rule) return rule.and.map((part, index) => ({ path: `${within('and')}[${index}]`, rule: part }))
  if ('or' in rule) return rule.or.map((part, index) => ({ path: `${within('or')}[${index}]`, rule: part }))
  return 'not' in rule ? [{ path: within('not'), rule: rule.not }] : []
}

/** The rule itself and everything within it. */
export function* nodesOf(node: RuleNode): Generator<RuleNode> {
  yield node
  for (const part of partsOf(node)) yield* nodesOf(part)
}

/** What a node asks about, by name. Never what it compares with: that may be somebody's data. */
export function subjectOf(rule: Rule): Properties {
  if ('segment' in rule) return { kind: 'segment', name: rule.segment }
  if ('tag' in rule) return { kind: 'tag', name: rule.tag }
  if ('trait' in rule) return { kind: 'trait', name: rule.trait }
  if ('consent' in rule) return { kind: 'consent', name: rule.consent }
  if ('event' in rule) return { kind: 'event', name: rule.event }
  if ('ratio' in rule) return { kind: 'ratio', names: rule.ratio.map(({ event }) => event) }
  if ('sequence' in rule) return { kind: 'sequence', names: rule.sequence.map(({ event }) => event) }
  if ('not' in rule) return { kind: 'not', ...nestedSubject(rule.not) }
  return { kind: 'bucket' in rule ? 'bucket' : 'and' in rule ? 'and' : 'or' in rule ? 'or' : 'always' }
}

function nestedSubject(rule: Rule): Properties {
  const { kind, ...names } = subjectOf(rule)
  return kind === undefined ? names : { of: kind, ...names }
}
