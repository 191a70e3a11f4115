import { ruleDependencies } from './dependencies.ts'
import type { Rule } from './rule.ts'

/**
 * The first way on which segments refer back to themselves, such as `['a', 'b', 'a']`; undefined when there is none.
 * Segments that are not among the definitions end a way.
 */
export function findSegmentCycle(definitions: ReadonlyMap<string, Rule>): readonly string[] | undefined {
  const done = new Set<string>()
  for (const start of definitions.keys()) {
    const cycle = cycleFrom(start, definitions, done)
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** Depth first with a stack of our own: a chain of segments may be longer than the stack of the machine. */
function cycleFrom(start: string, definitions: ReadonlyMap<string, Rule>, done: Set<string>): readonly string[] | undefined {
  const open = [frame(start, definitions)]
  while (true) {
    const top = open.at(-1)
    if (top === undefined) return undefined
    const next = top.left.pop()
    if (next === undefined) {
      done.add(top.key)
      open.pop()
      continue
    }
    const position = open.findIndex(({ key }) => key === next)
    if (position >= 0) return Object.freeze([...open.slice(position).map(({ key }) => key), next])
    if (!done.has(next)) open.push(frame(next, definitions))
  }
}

const frame = (key: string, definitions: ReadonlyMap<string, Rule>): { readonly key: string; readonly left: string[] } => {
  const rule = definitions.get(key)
  return { key, left: rule === undefined ? [] : [...ruleDependencies(rule).segments].reverse() }
}
