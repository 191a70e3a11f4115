export { type JetStreamOptions, jetStreamLogs } from './jetstream-logs.ts'
export { openStreamRestorer } from './stream-restorer.ts'
