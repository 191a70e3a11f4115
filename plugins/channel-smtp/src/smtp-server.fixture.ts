import type { Permit } from '@tenon/kernel/contracts'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly headers: ReadonlyMap<string, string>
  readonly secure: boolean
  readonly user: string
}

export interface TestServer {
  readonly port: number
  readonly mails: readonly Mail[]
  readonly connections: () => number
  close(): Promise<void>
}

/** A real SMTP server on the loopback that keeps what it gets. */
export async function smtpServer(options: SMTPServerOptions = {}): Promise<TestServer> {
  const mails: Mail[] = []
  let connections = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    closeTimeout: 200,
    onConnect: (_, done) => {
      connections++
      done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8')
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          raw,
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          headers: headersOf(raw),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : '',
        })
        done()
      })
    },
    ...options,
  })
  // Clients that refuse a certificate or hang up are part of the tests.
  server.on('error', () => {})
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => {
      const address = listening.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  return { port, mails, connections: () => connections, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

function headersOf(raw: string): ReadonlyMap<string, string> {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ')
  return new Map(
    head.split('\r\n').map((header) => [header.slice(0, header.indexOf(':')).toLowerCase(), header.slice(header.indexOf(':') + 1).trim()]),
  )
}

/** An SMTP answer with its code, as the server's call-backs take it. */
export const reply = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode })

export const permit: Permit = Object.freeze({
  $$type: '@tenon/Permit',
  workspace: 'w',
  profile: 1,
  purpose: 'marketing.email',
  action: 'send',
  basis: 'consent',
  decidedAt: new Date(0),
})
