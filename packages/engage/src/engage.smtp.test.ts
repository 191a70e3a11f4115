import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { PrivacyGate } from '@tenon/privacy'
import { openStore, type Store } from '@tenon/store'
import { type TestClock, testClock } from '@tenon/testing'
import { type EphemeralStores, ephemeralStores } from '@tenon/testing/stores'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openMailHouse } from './mail-house.fixture.ts'

let stores: EphemeralStores
let store: Store
let clock: TestClock

beforeAll(async () => {
  stores = await ephemeralStores()
  clock = testClock()
  store = openStore({ databaseUrl: stores.databaseUrl, clock })
  await store.migrate()
}, 60_000)

afterAll(async () => {
  await store?.close()
  await stores?.close()
})

const releases: (() => unknown)[] = []
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release()
})

async function smtp(options: SMTPServerOptions = {}) {
  const mails: { readonly to: readonly string[]; readonly raw: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    closeTimeout: 100,
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push({ to: envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString('utf8') })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  releases.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const address = listening.address()
  return { mails, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

async function house(port: number) {
  const opened = await openMailHouse({ store, clock, port })
  releases.push(opened.close)
  return opened
}

let count = 0
async function person(workspace: string, gate: PrivacyGate, agrees: boolean): Promise<{ profile: number; email: string }> {
  await store.workspaces.ensure({ id: workspace, name: workspace })
  const [profile = 0] = await store.in(workspace).profiles.create(1)
  const email = `person-${++count}@example.com`
  await store.in(workspace).profiles.attach([{ profile, type: 'email', value: email, since: clock.now() }])
  const said = { purpose: 'marketing', basis: 'consent', notice: '1', source: 'test', at: clock.now(), evidence: {} } as const
  if (agrees) expect(await gate.record(workspace, profile, [{ ...said, state: 'granted' }])).toEqual({ ok: true })
  return { profile, email }
}

const content = { subject: 'Spring', text: 'It is spring.' }

describe('mail, through guards and a real server', () => {
  it('arrives after greylisting, with a link that stops it; who did not agree gets none', async () => {
    const seen = new Set<string>()
    const server = await smtp({
      onRcptTo({ address }, _, done) {
        if (seen.has(address)) return done()
        seen.add(address)
        done(Object.assign(new Error('4.7.1 greylisted'), { responseCode: 451 }))
      },
    })
    const { engage, gate } = await house(server.port)
    const [an, bo] = [await person('mail', gate, true), await person('mail', gate, false)]
    const send = (profile: number, idempotencyKey: string) =>
      engage.send({ workspace: 'mail', profile, purpose: 'marketing', content, idempotencyKey })
    const first = await send(an.profile, 'a1')
    expect(await send(bo.profile, 'b1')).toMatchObject({ state: 'dropped', reason: { code: 'NO_CONSENT' } })
    await engage.work()
    expect(server.mails).toHaveLength(0)
    clock.advance(120_000)
    await engage.work()
    expect(server.mails.map(({ to }) => to)).toEqual([[an.email]])
    expect(await engage.message({ workspace: 'mail', id: first.ok ? first.id : '' })).toMatchObject({ state: 'sent', attempts: 2 })

    const raw = server.mails[0]?.raw.replaceAll(/\r\n[ \t]+/g, ' ') ?? ''
    const [, token = ''] = /^List-Unsubscribe: <https:\/\/tenon\.test\/u\/([^>]+)>/m.exec(raw) ?? []
    expect(raw).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
    expect(await engage.unsubscribe(token)).toMatchObject({ ok: true, purpose: 'marketing.email' })
    expect(await send(an.profile, 'a2')).toMatchObject({ state: 'dropped', reason: { code: 'NO_CONSENT', detail: { because: 'DENIED' } } })
    expect((await engage.stats({ workspace: 'mail' })).get('mail')).toMatchObject({ accepted: 3, delivered: 1, dropped: 2, pending: 0 })
  })

  it('survives kill -9 in the middle of a mail: it goes out after the lease, under the same id', async () => {
    let began: (() => void) | undefined
    const inHand = new Promise<void>((resolve) => {
      began = resolve
    })
    const silent = await smtp({
      // The first life never hears whether its mail was taken.
      onData(stream) {
        stream.resume()
        stream.on('end', () => began?.())
      },
    })
    const server = await smtp()
    const { engage, gate } = await house(server.port)
    const { profile, email } = await person('killed', gate, true)
    const script = new URL('./sender.fixture.ts', import.meta.url).pathname
    const args = [
      '--conditions=@tenon/source',
      script,
      stores.databaseUrl,
      String(silent.port),
      'killed',
      String(profile),
      clock.now().toISOString(),
    ]
    const child = spawn(process.execPath, args, { stdio: 'ignore' })
    releases.push(() => child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    const ended = exited.then(() => Promise.reject(new Error('the sender ended before it had sent')))
    await Promise.race([inHand, ended])
    child.kill('SIGKILL')
    await expect(ended).rejects.toThrow()

    const [message] = await engage.messagesOf({ workspace: 'killed', profile, limit: 10 })
    expect(message).toMatchObject({ state: 'sending', attempts: 1 })
    await engage.work()
    expect(server.mails).toHaveLength(0)
    clock.advance(180_001)
    await engage.work()
    expect(server.mails.map(({ to }) => to)).toEqual([[email]])
    expect(server.mails[0]?.raw).toContain(`Message-ID: <${message?.id}.`)
    expect((await engage.deliveries({ workspace: 'killed', id: message?.id ?? '' })).map(({ what }) => what)).toEqual([
      'queued',
      'sending',
      'lease-expired',
      'sending',
      'sent',
    ])
  }, 30_000)
})
