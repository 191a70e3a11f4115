export { type EphemeralStores, ephemeralStores } from './ephemeral-stores.ts'
export { findNatsServer, type NatsServer, natsSkipReason, startNatsServer } from './nats-server.ts'
