/** Tells whether something ended in time, without asking for the time. */
export interface Watch {
  isInTime(): boolean
  stop(): void
}

export function stopwatch(limitMs: number): Watch {
  let isOver = false
  const timer = setTimeout(() => {
    isOver = true
  }, limitMs)
  return { isInTime: () => !isOver, stop: () => clearTimeout(timer) }
}
