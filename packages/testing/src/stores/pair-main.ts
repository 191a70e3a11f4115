/** Runs the pair of a test run in a process of its own until its parent goes away. */
import { once } from 'node:events'
import { startPair } from './store-pair.ts'

// Listened to before anything starts: the parent may be gone by the time the servers are up.
const parentGone = process.connected ? once(process, 'disconnect') : Promise.resolve()
try {
  const pair = await startPair()
  process.send?.({ databaseUrl: pair.databaseUrl, clickhouseUrl: pair.clickhouseUrl })
  await parentGone
  await pair.stop()
} catch (error) {
  process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  process.disconnect?.()
}
