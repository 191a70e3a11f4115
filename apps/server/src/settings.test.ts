import { expect, it } from 'vitest'
import { readSettings } from './settings.ts'

const roleOf = (env: Readonly<Record<string, string>>) => readSettings(env, [], '/').role
const refusal = (problem: string) => expect.objectContaining({ code: 'TENON_SETTING_INVALID', message: `TENON_ROLE: ${problem}` })

it('a process stores, unless it is one of a fleet and is told not to', () => {
  const nats = { TENON_NATS_URL: 'nats://127.0.0.1:4222' }
  expect([roleOf({}), roleOf(nats), roleOf({ ...nats, TENON_ROLE: 'all' }), roleOf({ TENON_ROLE: '' })]).toEqual([
    'all',
    'all',
    'all',
    'all',
  ])
  expect(roleOf({ ...nats, TENON_ROLE: 'api' })).toBe('api')
})

it('a process that stores nothing is refused where nobody else could, and so is a role that there is not', () => {
  for (const nats of [{}, { TENON_NATS_URL: '' }])
    expect(() => roleOf({ ...nats, TENON_ROLE: 'api' })).toThrow(refusal('api needs TENON_NATS_URL: nobody else stores a local log'))
  expect(() => roleOf({ TENON_ROLE: 'worker' })).toThrow(refusal('must be all or api'))
})
