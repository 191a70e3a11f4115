import { createAdaptorServer } from '@hono/node-server'
import { defineError } from '@tenon/kernel'
import { SettingInvalid } from './settings.ts'

export const AddressInUse = defineError({
  code: 'TENON_ADDRESS_IN_USE',
  title: 'Another process listens on the address.',
  help: 'Stop it, or choose another port with `PORT`.',
  message: (details: { readonly host: string; readonly port: number }) =>
    `${details.host}:${details.port} is taken; choose another with PORT`,
})

export interface Listener {
  readonly address: string
  /** Takes no new requests, waits for those in hand, and after `graceMs` cuts what is left. */
  close(graceMs: number): Promise<void>
}

/** Longer than proxies and clients keep a connection that nobody uses, most a minute: else we would close it just when they send. */
const KEEP_ALIVE_MS = 75_000
const IDLE_LOOK_MS = 100

type Fetch = (request: Request) => Response | Promise<Response>

/** Opens the port at once; until `serve` is called every request gets 503. */
export async function listen(options: { readonly host: string; readonly port: number }): Promise<Listener & { serve(fetch: Fetch): void }> {
  const { host, port } = options
  let handler: Fetch = () => new Response('starting', { status: 503, headers: { 'retry-after': '1' } })
  const server = createAdaptorServer({ fetch: (request) => handler(request) })
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = KEEP_ALIVE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, options)))
    server.listen(port, host, resolve)
  })
  const bound = server.address()
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    serve(fetch) {
      handler = fetch
    },
    close: (graceMs) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), graceMs)
        const closeIdle = (): void => {
          if ('closeIdleConnections' in server) server.closeIdleConnections()
        }
        // Those that are in use now are idle in a moment.
        const idle = setInterval(closeIdle, IDLE_LOOK_MS)
        server.close(() => {
          clearTimeout(cut)
          clearInterval(idle)
          resolve()
        })
        closeIdle()
      }),
  }
}

/** What the owner of the address can change. */
function refusal(error: NodeJS.ErrnoException, { host, port }: { readonly host: string; readonly port: number }): Error {
  if (error.code === 'EADDRINUSE') return AddressInUse.create({ host, port }, error)
  if (error.code === 'EACCES') {
    return SettingInvalid.create(
      { setting: 'PORT', problem: `this user may not listen on ${port}; ports from 1024 on are free for all` },
      error,
    )
  }
  return SettingInvalid.create({ setting: 'HOST', problem: `can not listen on '${host}' (${error.message})` }, error)
}
