import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { config } from './config.ts'
import { interpret } from './interpret.ts'
import { at } from './receipt.fixture.ts'

const settings = config.parse({ categories: { Advertising: ['marketing.ads'], Measurement: ['profile'], Social: ['marketing.ads'] } })
const read = (format: string, value: unknown) =>
  interpret({ format, value, at: at(1) }, settings).map(({ purpose, state }) => ({ purpose, state }))

describe('interpret', () => {
  it('reads the categories of context.consent that are configured', () => {
    const value = { categoryPreferences: { Advertising: false, Measurement: true, Other: true } }
    expect(read('segment', value)).toEqual([
      { purpose: 'marketing.ads', state: 'denied' },
      { purpose: 'profile', state: 'granted' },
    ])
  })

  it('needs every category of a purpose to say yes', () => {
    const both = (Advertising: boolean, Social: boolean) => read('segment', { categoryPreferences: { Advertising, Social } })
    expect(both(true, true)).toEqual([{ purpose: 'marketing.ads', state: 'granted' }])
    expect(both(true, false)).toEqual([{ purpose: 'marketing.ads', state: 'denied' }])
    expect(both(false, true)).toEqual([{ purpose: 'marketing.ads', state: 'denied' }])
  })

  it('takes Global Privacy Control as an objection to advertising, and its absence as nothing', () => {
    expect(read('gpc', '1')).toEqual([{ purpose: 'marketing', state: 'denied' }])
    for (const value of ['0', '', 'true', undefined, null, false, {}]) expect(read('gpc', value)).toEqual([])
  })

  it('keeps the time of the signal', () => {
    expect(interpret({ format: 'gpc', value: '1', at: at(7) }, settings)[0]?.at).toEqual(at(7))
  })

  it('says nothing about what it does not understand', () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), (format, value) => {
        expect(read(format === 'gpc' ? 'tcf' : format, value)).toEqual([])
      }),
    )
    const hostile = JSON.parse('{"categoryPreferences":{"__proto__":{"Advertising":true},"Advertising":"true"}}')
    expect(read('segment', hostile)).toEqual([])
  })
})
