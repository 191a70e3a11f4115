/** Who is one with whom if every given pair is: for each member the lowest of its group. */
export function groupsOf(pairs: readonly { readonly left: number; readonly right: number }[]): ReadonlyMap<number, number> {
  const parents = new Map<number, number>()
  const root = (member: number): number => {
    let top = member
    for (let parent = parents.get(top); parent !== undefined && parent !== top; parent = parents.get(top)) top = parent
    for (let at = member; at !== top; ) {
      const next = parents.get(at) ?? top
      parents.set(at, top)
      at = next
    }
    return top
  }
  for (const { left, right } of pairs) {
    const [a, b] = [root(left), root(right)]
    parents.set(Math.max(a, b), Math.min(a, b)).set(Math.min(a, b), Math.min(a, b))
  }
  return new Map([...parents.keys()].map((member) => [member, root(member)]))
}
