export { type EphemeralStores, ephemeralStores } from './ephemeral-stores.ts'
