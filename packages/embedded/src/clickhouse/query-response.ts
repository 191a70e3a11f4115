import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transform, Writable } from 'node:stream'
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib'
import { type ClickHouseException, httpStatus, toException } from './clickhouse-error.ts'
import { contentType } from './formats.ts'
import type { QueryRun, QuerySummary } from './run-query.ts'

const noCounts: QuerySummary = { readRows: 0, readBytes: 0, resultRows: 0, writtenRows: 0, writtenBytes: 0 }

const encoders: readonly (readonly [string, () => Transform])[] = [
  ['gzip', () => createGzip({ level: 1 })],
  ['zstd', () => createZstdCompress()],
  ['br', () => createBrotliCompress()],
  ['deflate', () => createDeflate({ level: 1 })],
]

/**
 * Sends a result as it comes. An error before the first piece becomes a status; an error later is written behind the
 * rows between two marks that name a tag from the headers, as ClickHouse does since 25.11.
 */
export async function sendResult(
  request: IncomingMessage,
  response: ServerResponse,
  run: QueryRun,
  wantsCompression: boolean,
): Promise<void> {
  const first = await run.pieces.next()
  const tag = randomBytes(8).toString('hex')
  response.setHeader('X-ClickHouse-Format', run.format)
  response.setHeader('X-ClickHouse-Summary', summaryText(first.done ? first.value : noCounts))
  response.setHeader('X-ClickHouse-Exception-Tag', tag)
  response.setHeader('Content-Type', contentType(run.format))
  if (first.done) {
    response.end()
    return
  }
  const out = wantsCompression ? compressed(request, response) : response
  try {
    await write(out, first.value, response)
    for await (const piece of run.pieces) await write(out, piece, response)
  } catch (error) {
    if (response.destroyed) throw error
    await write(out, exceptionBlock(toException(error), tag), response)
  } finally {
    // A client that went away before the first piece was written never came to the loop, which would have ended the query.
    await run.pieces.return(noCounts)
  }
  out.end()
}

function compressed(request: IncomingMessage, response: ServerResponse): Writable {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const encoder = encoders.find(([name]) => new RegExp(`\\b${name}\\b`).test(accepted))
  if (encoder === undefined) return response
  response.setHeader('Content-Encoding', encoder[0])
  const stream = encoder[1]()
  stream.on('error', () => response.destroy())
  stream.pipe(response)
  return stream
}

async function write(out: Writable, piece: Uint8Array, response: ServerResponse): Promise<void> {
  if (response.destroyed) throw new Error('the client went away')
  if (out.write(piece)) return
  const gone = new AbortController()
  const closed = () => gone.abort()
  response.once('close', closed)
  try {
    await once(out, 'drain', { signal: gone.signal })
  } finally {
    response.off('close', closed)
  }
}

function exceptionBlock(exception: ClickHouseException, tag: string): Uint8Array {
  const message = exception.toWire()
  const text = `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`
  return Buffer.from(text, 'utf8')
}

export function sendException(response: ServerResponse, error: unknown): void {
  const exception = toException(error)
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  response.statusCode = httpStatus(exception)
  response.setHeader('X-ClickHouse-Exception-Code', String(exception.code))
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.end(exception.toWire())
}

const summaryText = (summary: QuerySummary): string =>
  JSON.stringify({
    read_rows: String(summary.readRows),
    read_bytes: String(summary.readBytes),
    written_rows: String(summary.writtenRows),
    written_bytes: String(summary.writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(summary.resultRows),
    result_bytes: '0',
    elapsed_ns: '0',
  })
