/**
 * Notices what comes twice. Over everybody only a page at a time, since the whole would not fit into memory;
 * among asked profiles over the whole answer.
 */
export function repetitions(scope: { readonly everybody: boolean }): { nextPage(): void; isNew(profile: number, key: string): boolean } {
  const seen = new Set<string>()
  return {
    nextPage() {
      if (scope.everybody) seen.clear()
    },
    isNew(profile, key) {
      const before = seen.size
      return seen.add(`${profile} ${key}`).size > before
    },
  }
}
