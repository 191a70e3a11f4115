import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { use } from '@tenon/kernel'
import { type Properties, transformation } from '@tenon/kernel/contracts'
import { startTestKernel } from '@tenon/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { geoConfig } from './config.ts'
import { eventWith } from './event.fixture.ts'
import { geoTransformation, type Locate } from './geo-transformation.ts'
import { locationOf } from './location.ts'
import { transformGeo } from './plugin.ts'
import { plainAddress, truncateAddress } from './truncate-address.ts'

const asked = { workspace: 'shop', purpose: 'collect', signal: new AbortController().signal }
const echo: Locate = (address) => ({ city: address })

async function contextOf(context: Properties, ip: 'keep' | 'truncate' | 'remove', locate = echo): Promise<unknown> {
  const [outcome] = await geoTransformation(geoConfig.parse({ ip }), locate).transform({ events: [eventWith(context)] }, asked)
  return outcome?.kind === 'changed' ? outcome.parts.context : outcome?.kind
}

describe('the place of an event', () => {
  it('is known from the address, which is kept, truncated or removed', async () => {
    const context = { ip: '203.0.113.77', locale: 'en' }
    expect(await contextOf(context, 'keep')).toEqual({ ...context, location: { city: '203.0.113.77' } })
    expect(await contextOf(context, 'truncate')).toEqual({ locale: 'en', ip: '203.0.113.0', location: { city: '203.0.113.0' } })
    expect(await contextOf(context, 'remove')).toEqual({ locale: 'en', location: { city: '203.0.113.77' } })
  })

  it('stays where the client says it is, or where nobody knows', async () => {
    const context = { ip: '203.0.113.77', location: { city: 'Berlin' } }
    expect(await contextOf(context, 'keep')).toBe('kept')
    expect(await contextOf(context, 'remove')).toEqual({ location: { city: 'Berlin' } })
    expect(await contextOf({ ip: '10.0.0.1' }, 'keep', () => undefined)).toBe('kept')
  })

  it.each([['1.2.3.4, 5.6.7.8'], ['1.2.3.4:80'], ['unknown'], [7], [['1.2.3.4']]])(
    '%j is no address, and not kept by mistake',
    async (ip) => {
      expect(await contextOf({ ip }, 'keep')).toBe('kept')
      expect(await contextOf({ ip }, 'truncate')).toEqual({})
      expect(await contextOf({ ip }, 'remove')).toEqual({})
    },
  )

  it('comes from the database that ships with the plugin', async () => {
    await using kernel = await startTestKernel({
      plugins: [use(transformGeo, { ip: 'remove' }, { as: 'geo' })],
      needs: { all: transformation },
    })
    const events = [eventWith({ ip: '8.8.8.8' }), eventWith({ ip: '2001:4860:4860::8888' }), eventWith({ ip: '127.0.0.1' })]
    expect(await kernel.needs.all.get('geo')?.transform({ events }, asked)).toEqual([
      { kind: 'changed', parts: { context: { location: { country: 'United States', countryCode: 'US' } } } },
      { kind: 'changed', parts: { context: { location: { country: 'United States', countryCode: 'US' } } } },
      { kind: 'changed', parts: { context: {} } },
    ])
  })

  it('is not guessed: an edition with a broken database does not start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tenon-geo-'))
    try {
      const database = join(folder, 'broken.mmdb')
      await writeFile(database, 'not a database')
      await expect(startTestKernel({ plugins: [use(transformGeo, { database })] })).rejects.toMatchObject({
        code: 'TENON_PLUGIN_STEP_FAILED',
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('a record', () => {
  it('of MaxMind or DB-IP is understood', () => {
    const record = {
      city: { names: { en: 'Munich', de: 'München' } },
      country: { iso_code: 'DE', names: { en: 'Germany' } },
      subdivisions: [{ iso_code: 'BY', names: { en: 'Bavaria' } }],
      location: { latitude: 48.1, longitude: 11.6, time_zone: 'Europe/Berlin' },
      postal: { code: '80331' },
    }
    expect(locationOf(record)).toEqual({
      ...{ city: 'Munich', country: 'Germany', countryCode: 'DE', region: 'Bavaria', regionCode: 'BY', postalCode: '80331' },
      ...{ latitude: 48.1, longitude: 11.6, timezone: 'Europe/Berlin' },
    })
  })

  it('of ip-location-db is understood', () => {
    const record = {
      city: 'Lyon',
      country_code: 'FR',
      state1: 'Rhône',
      postcode: '69001',
      latitude: 45.7,
      longitude: 4.8,
      timezone: 'Europe/Paris',
    }
    expect(locationOf(record)).toEqual({
      ...{ city: 'Lyon', country: 'France', countryCode: 'FR', region: 'Rhône', postalCode: '69001' },
      ...{ latitude: 45.7, longitude: 4.8, timezone: 'Europe/Paris' },
    })
  })

  it.each([[null], [{}], [{ country: 7 }], ['x'], [{ country_code: '' }]])('%j tells no place', (record) => {
    expect(locationOf(record)).toBeUndefined()
  })
})

describe('a truncated address', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:db8::6', '2001:db8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['300.1.1.1', undefined],
    ['', undefined],
  ])('of %s is %s', (address, expected) => {
    expect(truncateAddress(address)).toBe(expected)
  })

  it('is an address, of many the same, and stays what it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const truncated = truncateAddress(address)
        expect(truncated === undefined).toBe(plainAddress(address) === undefined)
        if (truncated === undefined) return
        expect(plainAddress(truncated)).toBe(truncated)
        expect(truncateAddress(truncated)).toBe(truncated)
      }),
    )
  })
})
