import { setImmediate } from 'node:timers/promises'

/** Lets others run, and stops with them if nobody waits any more. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await setImmediate()
  signal.throwIfAborted()
}
