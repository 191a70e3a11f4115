import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

const unzip = promisify(gunzip)

/** Bytes within the limit, or undefined beyond it. */
export type Unpacked = Uint8Array | undefined

/**
 * Unpacks gzip by its first bytes, whatever the headers say, and stops at the limit: two megabytes can arrive as two
 * kilobytes. What only looks like gzip is left as it is; the source will find that it is not JSON.
 */
export async function unpackBody(bytes: Uint8Array, limit: number): Promise<Unpacked> {
  if (bytes.length > limit) return undefined
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return await unzip(bytes, { maxOutputLength: limit })
  } catch (error) {
    return error instanceof RangeError ? undefined : bytes
  }
}

/** So many limits are read and thrown away, so that a client that is still sending hears that it was too much. */
const DRAINED_LIMITS = 8

/** The body of a request, or undefined beyond the limit. */
export async function receiveBody(request: Request, limit: number): Promise<Unpacked> {
  if (request.method === 'GET' || request.method === 'OPTIONS' || request.body === null) return new Uint8Array()
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  // The server reads no more than was declared; otherwise we count ourselves.
  return declared <= limit ? new Uint8Array(await request.arrayBuffer()) : receiveChunks(request.body, limit)
}

async function receiveChunks(body: ReadableStream<Uint8Array>, limit: number): Promise<Unpacked> {
  let chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length <= limit) chunks.push(chunk)
    else chunks = []
    if (length > DRAINED_LIMITS * limit) return undefined
  }
  return length <= limit ? Buffer.concat(chunks) : undefined
}
