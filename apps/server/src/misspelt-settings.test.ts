import { retail } from '@tenon/edition-retail'
import { expect, it } from 'vitest'
import { misspeltSettings } from './misspelt-settings.ts'
import { settingNames } from './settings.ts'

it('tells a misspelt setting from variables of others', () => {
  expect(
    misspeltSettings({
      TENON_DATBASE_URL: 'x',
      TENON_APIKEY: 'x',
      TENON_DEDUP_DAY: 'x',
      DATABASE_URL: 'x',
      PORT: '1',
      TENON_DATASETS: 'x',
    }),
  ).toEqual([
    { name: 'TENON_DATBASE_URL', meant: 'TENON_DATABASE_URL' },
    { name: 'TENON_APIKEY', meant: 'TENON_API_KEY' },
    { name: 'TENON_DEDUP_DAY', meant: 'TENON_DEDUP_DAYS' },
  ])
  expect(misspeltSettings(Object.fromEntries(settingNames.map((name) => [name, 'x'])))).toEqual([])
})

it('takes no variable of the retail edition for a mistake', () => {
  const asked = JSON.stringify(retail.plugins.map(({ config }) => config)).match(/TENON_[A-Z_]+/g) ?? []
  expect(asked.length).toBeGreaterThan(0)
  expect(misspeltSettings(Object.fromEntries(asked.map((name) => [name, 'x'])))).toEqual([])
})
