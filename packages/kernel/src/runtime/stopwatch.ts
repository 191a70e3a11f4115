/** Measures a duration in milliseconds on the monotonic clock: never a time of day, so it is not injected. */
export function stopwatch(): () => number {
  const began = performance.now()
  return () => performance.now() - began
}
