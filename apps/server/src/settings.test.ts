import { describe, expect, it } from 'vitest'
import { readSettings, SettingInvalid } from './settings.ts'

const read = (env: Readonly<Record<string, string>>) => readSettings(env, [], '/nowhere')

describe('the role of a process', () => {
  const nats = { TENON_NATS_URL: 'nats://127.0.0.1:4222' }
  const roleOf = (env: Readonly<Record<string, string>>) => read(env).role
  const refusal = (problem: string) => expect.objectContaining({ code: 'TENON_SETTING_INVALID', message: `TENON_ROLE: ${problem}` })

  it('is to store, unless it is one of a fleet and is told not to', () => {
    for (const env of [{}, nats, { ...nats, TENON_ROLE: 'all' }, { TENON_ROLE: '' }]) expect(roleOf(env)).toBe('all')
    expect(roleOf({ ...nats, TENON_ROLE: 'api' })).toBe('api')
  })

  it('is refused where nobody else could store, and where there is no such role', () => {
    for (const none of [{}, { TENON_NATS_URL: '' }])
      expect(() => roleOf({ ...none, TENON_ROLE: 'api' })).toThrow(refusal('api needs TENON_NATS_URL: nobody else stores a local log'))
    expect(() => roleOf({ TENON_ROLE: 'worker' })).toThrow(refusal('must be all or api'))
  })
})

describe('a setting in days', () => {
  it('is what it says, and otherwise its default', () => {
    expect(read({})).toMatchObject({ dedupDays: 7, undoDays: 30, failedEventDays: 30 })
    expect(read({ TENON_DEDUP_DAYS: '', TENON_UNDO_DAYS: '' })).toMatchObject({ dedupDays: 7, undoDays: 30 })
    const most = { TENON_DEDUP_DAYS: '365', TENON_UNDO_DAYS: '3650', TENON_FAILED_EVENT_DAYS: '1' }
    expect(read(most)).toMatchObject({ dedupDays: 365, undoDays: 3_650, failedEventDays: 1 })
  })

  it.each([
    ['TENON_DEDUP_DAYS', ['0', '366', '-1', '1.5', 'week', '7d']],
    ['TENON_UNDO_DAYS', ['0', '3651']],
    ['TENON_FAILED_EVENT_DAYS', ['0', '3651']],
  ])('%s is refused beyond its bounds, by its name', (setting, refused) => {
    for (const given of refused) {
      const reading = () => read({ [setting]: given })
      expect(reading, given).toThrow(expect.toSatisfy(SettingInvalid.is))
      expect(reading, given).toThrow(`${setting}: must be a whole number of days from 1 to`)
    }
  })
})
