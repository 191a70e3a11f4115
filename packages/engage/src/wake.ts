/** Sleep that can be cut short. A call that comes while nobody sleeps cuts the next sleep short. */
export interface Wake {
  sleep(ms: number, signal: AbortSignal): Promise<void>
  call(): void
}

export function createWake(): Wake {
  let called = false
  let waken: (() => void) | undefined
  return {
    call() {
      called = true
      waken?.()
    },
    async sleep(ms, signal) {
      if (!called && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          waken = () => {
            clearTimeout(timer)
            resolve()
          }
          signal.addEventListener('abort', waken, { once: true })
        })
        if (waken !== undefined) signal.removeEventListener('abort', waken)
        waken = undefined
      }
      called = false
    },
  }
}
