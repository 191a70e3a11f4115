import { startEmbedded } from './start-embedded.ts'

/* A small program as users write it: starts both servers, tells what it needs to be watched, and waits. */
const dir = process.argv[2]
if (dir === undefined) throw new Error('usage: parent.fixture.ts DIR')
const embedded = await startEmbedded({ dir, clickhouse: { memoryBytes: 1024 ** 3 } })
const { postgres, clickhouse } = embedded.health()
console.log(
  JSON.stringify({ pids: [postgres?.pid, clickhouse?.pid], databaseUrl: embedded.databaseUrl, clickhouseUrl: embedded.clickhouseUrl }),
)
if (process.argv[3] === 'stop-on-signal') {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void embedded.stop().then(() => process.exit(0)))
}
setInterval(() => undefined, 60_000)
