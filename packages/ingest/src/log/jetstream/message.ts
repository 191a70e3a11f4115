import type { LogRecord } from '../event-log.ts'
import { parseRecord } from '../record.ts'
import type { SharedMessage } from '../shared-log.ts'

/** How many parts a message holds, readable without its body. */
export const PARTS_HEADER = 'Tenon-Parts'

/** A message that is not whole records is not ours: it stays one record, which nobody can read, and becomes failed events. */
export function recordsOf({ sequence, parts, data }: SharedMessage): readonly LogRecord[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const position = sequence - 1
  const records: LogRecord[] = []
  // Also one without a byte: its header says that it is something.
  if (bytes.length === 0) return [{ position, place: String(position), parts, payload: bytes }]
  for (let offset = 0; offset < bytes.length; ) {
    const parsed = parseRecord(bytes, offset)
    if (parsed.kind !== 'record') return [{ position, place: String(position), parts, payload: bytes }]
    records.push({ position, place: `${position}/${records.length}`, parts: parsed.parts, payload: parsed.payload })
    offset += parsed.bytes
  }
  return records
}
