import { ImportUnreadable } from '../errors.ts'

const LONGEST_MS = 30_000

/**
 * Says whether an address still gives the same: what its server calls it, when it was changed, and how long it is. Empty where the server
 * tells neither version nor date: of one length there are many. It is asked by GET, as an address may be signed for nothing else, and what
 * comes is not taken.
 */
export async function urlFingerprint(request: {
  readonly url: string
  /** How errors call it. */
  readonly source: string
  readonly signal?: AbortSignal | undefined
}): Promise<string> {
  const { url, source, signal } = request
  const unreadable = (reason: string, cause?: unknown) => ImportUnreadable.create({ source, reason }, cause)
  const timeout = AbortSignal.timeout(LONGEST_MS)
  const response = await fetch(url, {
    redirect: 'manual',
    // A length is that of the file itself.
    headers: { 'accept-encoding': 'identity' },
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw unreadable(
      timeout.aborted ? `its server did not answer within ${LONGEST_MS / 1_000} seconds` : `its server can not be reached${codeOf(error)}`,
    )
  })
  await response.body?.cancel().catch(() => undefined)
  if (response.status >= 300 && response.status < 400)
    throw unreadable(`its server answered ${response.status}: redirects are not followed`)
  if (!response.ok) throw unreadable(`its server answered ${response.status}`)
  const [version, changed, length] = ['etag', 'last-modified', 'content-length'].map((name) => response.headers.get(name) ?? '')
  return version === '' && changed === '' ? '' : JSON.stringify([version, changed, length])
}

/** Of the system, such as ECONNREFUSED: the message of the error may hold the address. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
}
