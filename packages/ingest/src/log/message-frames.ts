import { LogReadFailed } from '../errors.ts'
import type { SharedMessage } from './shared-log.ts'

/** Sequence (64 bits), parts and length (32 bits each), all big-endian; then the message as it was. */
const HEADER_BYTES = 16

/** A message as it stands in a file, where messages follow each other. */
export function encodeFrame({ sequence, parts, data }: SharedMessage): readonly [Buffer, Uint8Array] {
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  header.writeBigUInt64BE(BigInt(sequence), 0)
  header.writeUInt32BE(parts, 8)
  header.writeUInt32BE(data.length, 12)
  return [header, data]
}

/** The messages of such a file, whatever the pieces that it is read in. */
export async function* decodeFrames(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<SharedMessage> {
  let held: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    held = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece])
    let offset = 0
    for (let end = endOf(held, offset); end <= held.length; end = endOf(held, offset)) {
      yield {
        sequence: Number(held.readBigUInt64BE(offset)),
        parts: held.readUInt32BE(offset + 8),
        data: held.subarray(offset + HEADER_BYTES, end),
      }
      offset = end
    }
    held = held.subarray(offset)
  }
  if (held.length > 0) throw LogReadFailed.create({ reason: 'a copy of a stream ends within a message' })
}

const endOf = (bytes: Buffer, offset: number): number =>
  bytes.length - offset < HEADER_BYTES ? Number.POSITIVE_INFINITY : offset + HEADER_BYTES + bytes.readUInt32BE(offset + 12)
