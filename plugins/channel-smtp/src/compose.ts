import { createHash } from 'node:crypto'
import type { OutboundMessage } from '@tenon/kernel/contracts'
import type { SendMailOptions } from 'nodemailer'
import type { SmtpConfig } from './config.ts'
import { content } from './content.ts'
import { isMailbox } from './mailbox.ts'

export type Composed =
  | { readonly ok: true; readonly mail: SendMailOptions; readonly reference: string }
  | { readonly ok: false; readonly reason: 'address' | 'content'; readonly detail: string }

/**
 * The mail of a message. Its Message-ID comes from the message's id alone, so that a second copy after a lost answer
 * is the same mail to every system that looks.
 */
export function compose(message: OutboundMessage, workspace: string, config: SmtpConfig): Composed {
  if (!isMailbox(message.to)) return { ok: false, reason: 'address', detail: 'not a plain e-mail address' }
  const parsed = content.safeParse(message.content)
  if (!parsed.success) return { ok: false, reason: 'content', detail: parsed.error.issues.map(({ message: said }) => said).join('; ') }
  const unsubscribe = message.unsubscribe === undefined ? [] : unsubscribeHeaders(message.unsubscribe.url)
  if (unsubscribe === undefined) return { ok: false, reason: 'content', detail: 'the unsubscribe address is not a URL' }
  const { subject, text, html, replyTo } = parsed.data
  const reference = `${localPart(message.id)}.${digest(workspace).slice(0, 12)}@${domainOf(config.from)}`
  const mail: SendMailOptions = {
    from: { name: config.fromName ?? '', address: config.from },
    to: { name: '', address: message.to },
    envelope: { from: config.from, to: message.to },
    subject,
    messageId: `<${reference}>`,
    headers: [...unsubscribe, ...languageHeader(message.locale)],
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
    ...(replyTo === undefined ? {} : { replyTo: { name: '', address: replyTo } }),
  }
  return { ok: true, mail, reference }
}

/** The id itself where it can stand in a header, for people who follow one mail through logs. */
const localPart = (id: string): string => (/^[A-Za-z0-9-]{1,64}$/.test(id) ? id : digest(id).slice(0, 40))

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

interface Header {
  readonly key: string
  readonly value: string
}

/** RFC 8058 wants HTTPS for one click; a plain link is offered as RFC 2369 has it. Undefined for what is no link. */
function unsubscribeHeaders(url: string): Header[] | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, href } = new URL(url)
  if (!['http:', 'https:'].includes(protocol) || href.length > 900 || /[\s<>,]/.test(href)) return undefined
  const link = { key: 'List-Unsubscribe', value: `<${href}>` }
  return protocol === 'https:' ? [link, { key: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' }] : [link]
}

const languageHeader = (locale: string | undefined): Header[] =>
  locale !== undefined && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(locale) ? [{ key: 'Content-Language', value: locale }] : []

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)
