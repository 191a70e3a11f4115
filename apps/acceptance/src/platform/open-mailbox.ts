import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'

export interface Mail {
  readonly to: readonly string[]
  /** By lower-case name, unfolded. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** A real mail server on this machine that keeps what it gets. */
export interface Mailbox {
  readonly port: number
  mails(): readonly Mail[]
  /** The first mail to an address; undefined where none came within `waitMs`. */
  mailTo(address: string, waitMs: number): Promise<Mail | undefined>
  close(): Promise<void>
}

export async function openMailbox(): Promise<Mailbox> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        mails.push({ to, ...partsOf(Buffer.concat(chunks).toString('utf8')) })
        done()
      })
    },
  })
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const bound = listening.address()
  if (bound === null || typeof bound === 'string') throw new Error('the mail server has no port')
  return {
    port: bound.port,
    mails: () => [...mails],
    async mailTo(address, waitMs) {
      for (let waited = 0; ; waited += 50) {
        const mail = mails.find(({ to }) => to.includes(address))
        if (mail !== undefined || waited >= waitMs) return mail
        await pause(50)
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function partsOf(raw: string): Pick<Mail, 'headers' | 'body'> {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  return { headers, body: raw.slice(end + 4).trim() }
}
