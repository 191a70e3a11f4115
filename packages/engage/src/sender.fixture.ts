/** A process that sends one mail and goes on until somebody kills it: `<database> <smtp port> <workspace> <profile> <now>`. */
import { openStore } from '@tenon/store'
import { testClock } from '@tenon/testing'
import { openMailHouse } from './mail-house.fixture.ts'

const [databaseUrl = '', port = '', workspace = '', profile = '', now = ''] = process.argv.slice(2)
const clock = testClock(new Date(now))
const { engage } = await openMailHouse({ store: openStore({ databaseUrl, clock }), clock, port: Number(port) })
engage.start()
const content = { subject: 'From the first life', text: 'hello' }
await engage.send({ workspace, profile: Number(profile), purpose: 'marketing', content, idempotencyKey: 'first-life' })
