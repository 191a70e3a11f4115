/** One after the other for each key, in the order of asking. A failed turn does not stop the next one. */
export interface Turns {
  take<T>(key: string, run: () => Promise<T>): Promise<T>
  /** Resolves when nobody waits for a turn. */
  idle(): Promise<void>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>()
  return {
    take(key, run) {
      const before = last.get(key) ?? Promise.resolve()
      const turn = before.then(run, run)
      const settled = turn.then(
        () => {},
        () => {},
      )
      last.set(key, settled)
      void settled.then(() => {
        if (last.get(key) === settled) last.delete(key)
      })
      return turn
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values())
    },
  }
}
