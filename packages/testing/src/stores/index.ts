export { type EphemeralStores, ephemeralStores } from './ephemeral-stores.ts'
export { findNatsServer, type NatsServer, startNatsServer } from './nats-server.ts'
