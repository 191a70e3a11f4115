export { type JetStreamOptions, jetStreamLogs } from './jetstream-logs.ts'
