import { crc32 } from 'node:zlib'

/** `TNRC`, length, parts, checksum of the three that follow the mark: length, parts, payload. All big-endian, 32 bits. */
export const RECORD_HEADER_BYTES = 16
const MARK = 0x544e5243
/** No request is larger; a longer length is damage. */
export const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024

export function encodeRecord(payload: Uint8Array, parts: number): readonly [Buffer, Uint8Array] {
  const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES)
  header.writeUInt32BE(MARK, 0)
  header.writeUInt32BE(payload.length, 4)
  header.writeUInt32BE(parts, 8)
  header.writeUInt32BE(checksum(header, payload), 12)
  return [header, payload]
}

export type Parsed =
  | { readonly kind: 'record'; readonly parts: number; readonly payload: Buffer; readonly bytes: number }
  /** The bytes end before the record does. */
  | { readonly kind: 'short'; readonly needed: number }
  | { readonly kind: 'damaged'; readonly problem: string }

/** Reads the record that begins at an offset. */
export function parseRecord(bytes: Buffer, offset: number): Parsed {
  if (bytes.length - offset < RECORD_HEADER_BYTES) return { kind: 'short', needed: RECORD_HEADER_BYTES }
  if (bytes.readUInt32BE(offset) !== MARK) return { kind: 'damaged', problem: 'no record begins here' }
  const length = bytes.readUInt32BE(offset + 4)
  if (length > MAX_PAYLOAD_BYTES) return { kind: 'damaged', problem: 'the length of the record is not possible' }
  const end = offset + RECORD_HEADER_BYTES + length
  if (end > bytes.length) return { kind: 'short', needed: RECORD_HEADER_BYTES + length }
  const payload = bytes.subarray(offset + RECORD_HEADER_BYTES, end)
  const header = bytes.subarray(offset, offset + RECORD_HEADER_BYTES)
  if (checksum(header, payload) !== header.readUInt32BE(12)) return { kind: 'damaged', problem: 'the checksum does not match' }
  return { kind: 'record', parts: header.readUInt32BE(8), payload, bytes: RECORD_HEADER_BYTES + length }
}

/** Where the next whole record begins after an offset, or -1. */
export function findRecord(bytes: Buffer, after: number): number {
  const mark = Buffer.allocUnsafe(4)
  mark.writeUInt32BE(MARK)
  for (let at = bytes.indexOf(mark, after); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (parseRecord(bytes, at).kind === 'record') return at
  }
  return -1
}

const checksum = (header: Uint8Array, payload: Uint8Array): number => crc32(payload, crc32(header.subarray(4, 12)))
