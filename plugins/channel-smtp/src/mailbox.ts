import { z } from 'zod'

/**
 * One plain address: no names, groups, quotes, comments or routes, and nothing that could end a header or an SMTP
 * command. Narrower than RFC 5321 on purpose.
 */
const MAILBOX = /^[^\s\p{Cc}\p{Zl}\p{Zp}@<>()[\],;:\\"]{1,64}@[^\s\p{Cc}\p{Zl}\p{Zp}@<>()[\],;:\\"]{1,255}$/u

export const isMailbox = (value: string): boolean => value.length <= 254 && MAILBOX.test(value)

export const mailbox = z.string().max(254).regex(MAILBOX, 'a plain e-mail address')
