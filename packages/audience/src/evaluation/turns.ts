/** One after the other for each key, in the order of asking. A failed turn does not stop the next one. */
export interface Turns {
  take<T>(key: string, run: () => Promise<T>): Promise<T>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
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
  }
}
