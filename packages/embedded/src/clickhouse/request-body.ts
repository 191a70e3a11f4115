import type { IncomingMessage } from 'node:http'
import { pipeline, Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { ClickHouseException } from './clickhouse-error.ts'

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** The body as it was before it was compressed, in pieces. */
export function decodedBody(request: IncomingMessage): AsyncIterable<Uint8Array> {
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undestroyed(request)
  const decoder = decoders[encoding]?.()
  if (decoder === undefined) throw new ClickHouseException(48, 'NOT_IMPLEMENTED', `Content-Encoding ${encoding} is not supported`)
  return decode(request, decoder)
}

/** To stop reading must not end the connection: the answer goes out over it. */
const undestroyed = (request: IncomingMessage): AsyncIterable<Uint8Array> => request.iterator({ destroyOnReturn: false })

async function* decode(request: IncomingMessage, decoder: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(undestroyed(request))
  const decoded: AsyncIterable<Uint8Array> = pipeline(source, decoder, () => undefined)
  try {
    yield* decoded
  } catch (error) {
    if (request.destroyed && !request.complete) throw error
    throw new ClickHouseException(354, 'ZLIB_INFLATE_FAILED', 'The compressed body can not be read')
  }
}

/**
 * Reads a body that must be held in memory.
 *
 * @throws 735 when it is larger than `maxBytes`, 26 when it is not UTF-8.
 */
export async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > maxBytes) throw new ClickHouseException(735, 'QUERY_IS_TOO_LARGE', `The query exceeds ${maxBytes} bytes`)
    pieces.push(piece)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces))
  } catch {
    throw new ClickHouseException(62, 'SYNTAX_ERROR', 'The query is not valid UTF-8')
  }
}

/** Takes what is left of a body that nobody wants, so that the client comes to read its answer; but not without end. */
export function discardRest(request: IncomingMessage, maxBytes: number): void {
  if (request.complete || request.destroyed) return
  let bytes = 0
  request.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes > maxBytes) request.destroy()
  })
  request.on('error', () => undefined)
  request.resume()
}
