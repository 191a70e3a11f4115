import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { openAnalytics } from '@tenon/analytics'
import { createIdentityRules, identityConfig } from '@tenon/plugin-identity-rules'
import { createGate } from '@tenon/privacy'
import { openStore } from '@tenon/store'
import { fleetOptions } from './fleet-options.fixture.ts'
import { createIngest } from './ingest.ts'
import { createStorer } from './storing/storer.ts'
import { policy, quiet } from './world.fixture.ts'

// One process of a fleet, as far as ingest is concerned. It says where it listens. Killed by its test.
const [databaseUrl = '', clickhouseUrl = '', url = '', stores = ''] = process.argv.slice(2)
const clock = { now: () => new Date() }
const store = openStore({ databaseUrl, clock })
const analytics = openAnalytics({ clickhouseUrl, clock })
const storer = createStorer({
  ...{ store, analytics, clock, logger: quiet },
  gate: createGate({ store, policies: new Map([['test', policy]]), clock }),
  identity: createIdentityRules(identityConfig.parse({ defaultCountry: 'CN' })),
  limits: { lingerMs: 5, longestPauseMs: 500, batchEvents: 100 },
})
const ingest = createIngest({ ...fleetOptions({ store, url }), ...(stores === 'stores' ? { storer } : {}) })
await ingest.start()
const server = serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: async (request) => (await ingest.handle(request)) ?? new Response(null, { status: 404 }),
})
await once(server, 'listening')
process.once('disconnect', () => process.exit())
process.send?.({ port: (server.address() as AddressInfo).port })
