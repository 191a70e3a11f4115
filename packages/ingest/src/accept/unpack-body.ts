import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

const unzip = promisify(gunzip)

/** Bytes within the limit, or undefined beyond it. */
export type Unpacked = Uint8Array | undefined

export const isPacked = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/**
 * Unpacks gzip, and stops at the limit: two megabytes can arrive as two kilobytes. Before anything is unpacked there is `room` for
 * all that may come out: what the packer says, and where it says too little, the limit. `no room` where there is none. What only
 * looks like gzip is left as it is; the source will find that it is not JSON.
 */
export async function unpackBody(bytes: Uint8Array, limit: number, room: (bytes: number) => boolean): Promise<Unpacked | 'no room'> {
  const told = Math.min(limit, toldSize(bytes))
  for (const most of told < limit ? [told, limit] : [limit]) {
    if (!room(most)) return 'no room'
    try {
      // One piece for all of it: pieces would be there twice while they are joined.
      return await unzip(bytes, { maxOutputLength: Math.max(1, most), chunkSize: most + SMALLEST_PIECE })
    } catch (error) {
      if (!(error instanceof RangeError)) return bytes
    }
  }
  return undefined
}

/** Of the engine below. */
const SMALLEST_PIECE = 64

/** The last four bytes of gzip: the size of what is in it. Nobody has checked it yet. */
const toldSize = (bytes: Uint8Array): number =>
  bytes.length < 18 ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4, true)

/** So many limits are read and thrown away, so that a client that is still sending hears that it was too much. */
const DRAINED_LIMITS = 8

/** The body of a request, or undefined beyond the limit. */
export async function receiveBody(request: Request, limit: number): Promise<Unpacked> {
  if (request.method === 'GET' || request.method === 'OPTIONS') return new Uint8Array()
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  // The server reads no more than was declared. Nobody may ask for the body as a stream before: reading it whole is much cheaper then.
  if (declared <= limit) return new Uint8Array(await request.arrayBuffer())
  // Otherwise we count ourselves.
  return request.body === null ? new Uint8Array() : receiveChunks(request.body, limit)
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
