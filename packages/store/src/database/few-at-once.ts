/** Runs what it is given, some at once and the others after them in their order. */
export type FewAtOnce = <T>(run: () => Promise<T>) => Promise<T>

export function fewAtOnce(count: number): FewAtOnce {
  const waiting: (() => void)[] = []
  let free = count
  return async (run) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => void waiting.push(resolve))
    try {
      return await run()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
