import { DESK_VARIABLE } from './find-servers.ts'
import { openPairDesk } from './pair-desk.ts'

/** vitest's `globalSetup`: workers find the stores of the run through the environment that they inherit. */
export async function setup(): Promise<() => Promise<void>> {
  const desk = await openPairDesk()
  process.env[DESK_VARIABLE] = desk.url
  return () => desk.close()
}
