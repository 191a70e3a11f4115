import { BodyTooLarge } from '../errors.ts'

/** The body of a request, of which no more than the limit is ever held. Throws `TENON_BODY_TOO_LARGE` beyond it, whatever was declared. */
export async function boundedBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > limitBytes) throw BodyTooLarge.create({ limitBytes })
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > limitBytes) throw BodyTooLarge.create({ limitBytes })
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}
