import { totalmem } from 'node:os'

/** What all processes here may use together: the memory of the machine, or what the container may use of it. */
export function memoryOfMachine(): number {
  // 0 where nobody said so, and more than there is where there is no limit.
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}
