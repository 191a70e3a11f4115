import type { Rule } from '@tenon/kernel/contracts'
import { ruleDependencies } from '@tenon/kernel/contracts'
import { dependenciesOf, type NodeName, named, namesOf } from './dependencies.ts'
import type { Live } from './live.ts'
import type { DefinitionProblem } from './problem.ts'
import { nodesOf, type RuleNode } from './rule-nodes.ts'

/** Somebody who names tags and segments, and therefore needs them. */
export interface Reference {
  /** As people read it: `segment vip`, `benefit spring`. */
  readonly by: string
  readonly names: readonly NodeName[]
}

/** What another station keeps that names tags and segments of a workspace, such as the benefits of a catalogue. */
export type Referrer = (workspace: string) => Promise<readonly { readonly by: string; readonly rule: Rule }[]>

/** Which purposes somebody can be asked about. */
export interface KnownPurposes {
  knows(purpose: string): boolean
  purposes(): readonly { readonly purpose: string }[]
}

export const referenceOf = (live: Live): Reference => ({ by: `${live.type} ${live.key}`, names: dependenciesOf(live) })

export const referenceOfRule = ({ by, rule }: Awaited<ReturnType<Referrer>>[number]): Reference => ({
  by,
  names: named(ruleDependencies(rule)),
})

/** Of these names, which are needed and by whom. */
export const stillNeeded = (names: readonly NodeName[], references: readonly Reference[]) =>
  references.flatMap(({ by, names: needs }) => names.filter((name) => needs.includes(name)).map((name) => ({ name, by })))

/** Everything that a rule names and that is not there: tags, segments and purposes, each where it stands in the rule. */
export function missingIn(rule: Rule, known: readonly Live[], policies: KnownPurposes): readonly DefinitionProblem[] {
  const names = new Set(known.flatMap(namesOf))
  const problemOf = ({ path, rule: node }: RuleNode): readonly DefinitionProblem[] => {
    if ('consent' in node) return policies.knows(node.consent) ? [] : [{ path, message: unknownPurpose(node.consent, policies) }]
    const name: NodeName | undefined = 'segment' in node ? `segment:${node.segment}` : 'tag' in node ? `tag:${node.tag}` : undefined
    return name === undefined || names.has(name) ? [] : [{ path, message: missing(name) }]
  }
  return [...nodesOf({ path: '', rule })].flatMap(problemOf)
}

export const missing = (name: NodeName): string => `refers to ${spoken(name)}, which does not exist`

export const unknownPurpose = (purpose: string, policies: KnownPurposes): string => {
  const known = [...new Set(policies.purposes().map((each) => each.purpose))].sort()
  return `asks for the purpose '${purpose}', which no consent policy knows; there is ${known.join(', ') || 'none'}`
}

export const spoken = (name: NodeName): string => name.replace(':', ' ')
