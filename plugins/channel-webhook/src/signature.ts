import { createHmac, timingSafeEqual } from 'node:crypto'

/** How far the clock of a sender may be off, in seconds. */
const TOLERANCE_S = 300

/** The key in `whsec_<base64>`, as Standard Webhooks has it; undefined for anything else. */
export function keyOf(secret: string): Buffer | undefined {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  if (encoded === undefined) return undefined
  const key = Buffer.from(encoded, 'base64')
  return key.length >= 24 && key.length <= 64 ? key : undefined
}

export interface Signed {
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string | Uint8Array
}

/** `v1,<base64>`: HMAC-SHA256 over `<id>.<timestamp>.<body>`. */
export function sign({ id, timestamp, body }: Signed, secret: string): string {
  const key = keyOf(secret)
  if (key === undefined) throw new TypeError('not a webhook secret')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
}

type Headers = Readonly<Record<string, string | undefined>>

/** Whether one of the signatures in the headers was made with one of the secrets, not too long ago. */
export function isGenuine(
  headers: Headers,
  body: Uint8Array,
  options: { readonly secrets: readonly string[]; readonly now: Date },
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': signatures } = headers
  if (id === undefined || stamp === undefined || signatures === undefined || !/^\d{1,12}$/.test(stamp)) return false
  const timestamp = Number(stamp)
  if (Math.abs(options.now.getTime() / 1000 - timestamp) > TOLERANCE_S) return false
  const expected = options.secrets.map((secret) => Buffer.from(sign({ id, timestamp, body }, secret)))
  return signatures
    .split(' ')
    .slice(0, 10)
    .map((signature) => Buffer.from(signature))
    .some((given) => expected.some((known) => known.length === given.length && timingSafeEqual(known, given)))
}
