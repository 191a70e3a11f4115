import { generateKeyPairSync, type KeyObject, randomUUID, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** An OAuth server that gives a token to a client which proves its key with a signed JWT (RFC 7523), and refuses everybody else. */
export interface TokenServer {
  readonly address: string
  /** The one that it gives. */
  readonly token: string
  /** The private key of its only client, as PEM. */
  readonly clientKey: string
  /** Status of each answer, oldest first. */
  readonly answers: readonly number[]
  close(): Promise<void>
}

export async function openTokenServer(): Promise<TokenServer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const token = `token-${randomUUID()}`
  const answers: number[] = []
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams((await buffer(request)).toString())
    const isTrusted = request.url === '/token' && isSigned(form.get('client_assertion') ?? '', publicKey)
    answers.push(isTrusted ? 200 : 401)
    response
      .writeHead(isTrusted ? 200 : 401, { 'content-type': 'application/json' })
      .end(JSON.stringify(isTrusted ? { access_token: token, token_type: 'Bearer', expires_in: 3600 } : { error: 'invalid_client' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the token server has no port')
  return {
    address: `http://127.0.0.1:${bound.port}`,
    token,
    clientKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    answers,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function isSigned(jwt: string, key: KeyObject): boolean {
  const [head, claims, signature = ''] = jwt.split('.')
  return verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))
}
