/** Those who wait for a log to grow. */
export interface Readers {
  /** Resolves once the log ends after the position, or the signal fires. */
  whenBeyond(position: number, signal: AbortSignal): Promise<void>
  /** The log has grown. */
  wake(): void
}

export function createReaders(end: () => number): Readers {
  const listeners = new Set<() => void>()
  return {
    whenBeyond(position, signal) {
      if (end() > position || signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const listener = (): void => {
          if (end() <= position && !signal.aborted) return
          listeners.delete(listener)
          signal.removeEventListener('abort', listener)
          resolve()
        }
        listeners.add(listener)
        signal.addEventListener('abort', listener)
      })
    },
    wake() {
      for (const listener of [...listeners]) listener()
    },
  }
}
