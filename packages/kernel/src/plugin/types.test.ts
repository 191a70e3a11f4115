import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import {
  atLeastOne,
  type CapabilityId,
  defineAdapter,
  defineCapability,
  defineEdition,
  definePlugin,
  type Edition,
  fromEnv,
  of,
  optional,
  type Plugin,
  use,
} from '../index.ts'

interface Channel {
  send(text: string): Promise<boolean>
}
interface Consent {
  check(purpose: string): Promise<{ readonly granted: boolean }>
}

const channel = defineCapability({ id: 'test.channel/1', arity: 'many', type: of<Channel>() })
const consent = defineCapability({ id: 'test.consent/1', arity: 'one', type: of<Consent>() })
const clock = defineCapability({ id: 'core.clock/1', arity: 'one', type: of<{ now(): Date }>() })
const nothing = z.object({})

const webhook = definePlugin({
  id: 'test.webhook',
  version: '1.0.0',
  config: z.object({ url: z.url(), retries: z.number().default(3), auth: z.object({ token: z.string() }).optional() }),
  needs: {},
  provides: { channel },
  setup({ config }) {
    expectTypeOf(config).toEqualTypeOf<{ url: string; retries: number; auth?: { token: string } | undefined }>()
    return { provide: { channel: { send: async (text) => text !== '' } } }
  },
})
const basicConsent = definePlugin({
  id: 'test.consent-basic',
  version: '1.0.0',
  config: nothing,
  needs: { clock },
  provides: { consent },
  setup: () => ({ provide: { consent: { check: async () => ({ granted: true }) } } }),
})
const journeys = definePlugin({
  id: 'test.journeys',
  version: '1.0.0',
  config: nothing,
  needs: { channels: atLeastOne(channel), all: channel, consent, maybe: optional(consent), clock },
  provides: {},
  setup({ needs }) {
    expectTypeOf(needs.channels).toEqualTypeOf<ReadonlyMap<string, Channel>>()
    expectTypeOf(needs.all).toEqualTypeOf<ReadonlyMap<string, Channel>>()
    expectTypeOf(needs.consent).toEqualTypeOf<Consent>()
    expectTypeOf(needs.maybe).toEqualTypeOf<Consent | undefined>()
    // @ts-expect-error what is not named in needs can not be reached
    void needs.logger
    return { provide: {} }
  },
})

describe('the compiler', () => {
  it('infers what a plugin is configured with, requires and provides', () => {
    expectTypeOf(basicConsent).toEqualTypeOf<Plugin<'test.consent-basic', Record<string, never>, never, 'test.consent/1'>>()
    expectTypeOf<NonNullable<(typeof journeys)['~types']>['requires']>().toEqualTypeOf<'test.channel/1' | 'test.consent/1'>()
    expect(Object.isFrozen(webhook)).toBe(true)
  })

  it('checks configuration, in which any value may come from the environment', () => {
    use(webhook, { url: 'https://a.example', retries: fromEnv('RETRIES'), auth: { token: fromEnv('TOKEN', 'none') } })
    use(webhook, { url: 'https://a.example' }, { workspaces: { eu: { url: 'https://eu.example' } }, onFailure: 'continue', as: 'hook' })
    // @ts-expect-error url is missing
    use(webhook, {})
    // @ts-expect-error url is a text
    use(webhook, { url: 1 })
    // @ts-expect-error no such key
    use(webhook, { url: 'https://a.example', retry: 1 })
    // @ts-expect-error no such key in a workspace either
    use(webhook, { url: 'https://a.example' }, { workspaces: { eu: { uri: 'https://eu.example' } } })
  })

  it('refuses a setup that forgets or mistypes what it provides', () => {
    const about = { id: 'test.wrong', version: '1.0.0', config: nothing, needs: {} } as const
    // @ts-expect-error channel is missing
    definePlugin({ ...about, provides: { channel }, setup: () => ({ provide: {} }) })
    // @ts-expect-error granted is no text
    definePlugin({ ...about, provides: { consent }, setup: () => ({ provide: { consent: { check: async () => ({ granted: 'yes' }) } } }) })
    // @ts-expect-error a plugin has no migrations of that kind
    definePlugin({ ...about, provides: {}, migrations: { oracle: { steps: {} } }, setup: () => ({ provide: {} }) })
  })

  it('accepts a complete edition, refuses an incomplete one, and tells a host what is in it', () => {
    const complete = defineEdition({
      name: 'complete',
      plugins: [use(webhook, { url: 'https://a.example' }), use(journeys, {}), use(basicConsent, {})],
    })
    expectTypeOf(complete).toEqualTypeOf<Edition<'test.channel/1' | 'test.consent/1'>>()
    // @ts-expect-error nothing provides test.consent/1
    defineEdition({ name: 'no consent', plugins: [use(webhook, { url: 'https://a.example' }), use(journeys, {})] })
    // @ts-expect-error nothing provides test.channel/1
    defineEdition({ name: 'no channel', plugins: [use(journeys, {}), use(basicConsent, {})] })
    // core.* comes from the host
    defineEdition({ name: 'core', plugins: [use(basicConsent, {})] })
    expect(Object.isFrozen(complete)).toBe(true)
    expect(Object.isFrozen(complete.plugins)).toBe(true)
  })

  it('refuses ids without a major, wrong arities and mistyped adapters and guards', () => {
    // @ts-expect-error no major
    defineCapability({ id: 'test.channel', arity: 'one', type: of<Channel>() })
    // @ts-expect-error many is never optional: it is empty instead
    optional(channel)
    // @ts-expect-error one is never at least one
    atLeastOne(consent)
    const channel2 = defineCapability({ id: 'test.channel/2', arity: 'many', type: of<{ deliver(text: string): Promise<boolean> }>() })
    defineAdapter({ from: channel, to: channel2, adapt: (old) => ({ deliver: (text) => old.send(text) }) })
    // @ts-expect-error the adapted provider lacks deliver
    defineAdapter({ from: channel, to: channel2, adapt: (old) => ({ send: old.send }) })
    // @ts-expect-error a guard returns what it guards
    defineCapability({ id: 'test.guarded/1', arity: 'one', type: of<Channel>(), guard: () => ({}) })
    expectTypeOf(channel2.id).toExtend<CapabilityId>()
  })
})
