import type { Properties } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { userAgentConfig } from './config.ts'
import { CHROME, eventWith, GOOGLEBOT, IPHONE, WECHAT } from './event.fixture.ts'
import { userAgentTransformation } from './user-agent-transformation.ts'

async function contextOf(context: Properties): Promise<unknown> {
  const { transform } = userAgentTransformation(userAgentConfig.parse({ remember: 1 }))
  const asked = { workspace: 'shop', purpose: 'collect', signal: new AbortController().signal }
  const [outcome] = await transform({ events: [eventWith(context)] }, asked)
  return outcome?.kind === 'changed' ? outcome.parts.context : outcome?.kind
}

describe('the user agent', () => {
  it.each([
    [
      IPHONE,
      { name: 'Safari', version: '17.4' },
      { name: 'iOS', version: '17.4' },
      { type: 'mobile', manufacturer: 'Apple', model: 'iPhone' },
    ],
    [CHROME, { name: 'Chrome', version: '124.0.0.0' }, { name: 'Windows', version: '10' }, { type: 'desktop' }],
    [WECHAT, { name: 'WeChat', version: '8.0.42' }, { name: 'Android', version: '13' }, { type: 'mobile' }],
  ])('of %s says browser, system and device', async (userAgent, browser, os, device) => {
    expect(await contextOf({ userAgent, locale: 'en' })).toEqual({ userAgent, locale: 'en', browser, os, device })
  })

  it('does not overrule the client', async () => {
    const os = { name: 'HarmonyOS', version: '4' }
    expect(await contextOf({ userAgent: IPHONE, os, device: {} })).toEqual({
      userAgent: IPHONE,
      os,
      device: {},
      browser: { name: 'Safari', version: '17.4' },
    })
  })

  it('of a crawler says so', async () => {
    expect(await contextOf({ userAgent: GOOGLEBOT })).toMatchObject({ device: { type: 'bot', manufacturer: 'Google' } })
  })

  it.each([[{}], [{ userAgent: '' }], [{ userAgent: 'nobody knows this one' }], [{ userAgent: 7 }]])('%j says nothing', async (context) => {
    expect(await contextOf(context)).toBe('kept')
  })
})
