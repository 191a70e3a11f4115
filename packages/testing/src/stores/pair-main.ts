/** Runs the pair of a test run in a process of its own until its parent says so or goes away. */
import { startPair } from './store-pair.ts'

const answer = (message: unknown): void => void process.send?.(message)

try {
  const pair = await startPair()
  process.once('disconnect', () => void pair.stop())
  answer({ databaseUrl: pair.databaseUrl, clickhouseUrl: pair.clickhouseUrl })
} catch (error) {
  answer({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  process.disconnect?.()
}
