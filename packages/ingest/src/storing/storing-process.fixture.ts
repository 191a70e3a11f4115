import { openAnalytics } from '@tenon/analytics'
import { createIdentityRules, identityConfig } from '@tenon/plugin-identity-rules'
import { createGate } from '@tenon/privacy'
import { openStore } from '@tenon/store'
import { policy, quiet } from '../world.fixture.ts'
import { serveStorer } from './serve-storer.ts'
import { createStorer } from './storer.ts'

// A process that stores a local log. Killed by its test; or it fails at its start, or is deaf, as it is told.
const [databaseUrl = '', clickhouseUrl = '', mood = ''] = process.argv.slice(2)
if (mood === 'fails') process.exit(3)
process.once('disconnect', () => process.exit())
const clock = { now: () => new Date() }
const store = openStore({ databaseUrl, clock })
const analytics = openAnalytics({ clickhouseUrl, clock })
const storer = createStorer({
  ...{ store, analytics, clock, logger: quiet },
  gate: createGate({ store, policies: new Map([['test', policy]]), clock }),
  identity: createIdentityRules(identityConfig.parse({ defaultCountry: 'CN' })),
  limits: { lingerMs: 0, longestPauseMs: 200, batchEvents: 20 },
})
await serveStorer(
  {
    send: async (message) => void process.send?.(message),
    onMessage: (listener) => void (mood === 'deaf' || process.on('message', listener)),
  },
  { open: async () => storer, logger: quiet },
)
process.exit()
