import { describe, expect, it } from 'vitest'
import { lineParts } from './line-parts.ts'

async function* pieces(text: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

describe('parts of lines', () => {
  it('are whole lines, all of them, in order, however the text comes', async () => {
    const text = `${Array.from({ length: 200 }, (_, index) => 'x榫'.repeat(index % 17)).join('\n')}\n`
    for (const [length, maxBytes] of [
      [1, 10],
      [7, 100],
      [1_000, 30],
      [100_000, 1_000_000],
    ] as const) {
      const parts: Buffer[] = []
      let rows = 0
      for await (const part of lineParts(pieces(text, length), maxBytes)) {
        parts.push(part.bytes)
        rows += part.rows
        expect(part.bytes.at(-1)).toBe(0x0a)
      }
      expect(Buffer.concat(parts).toString()).toBe(text)
      expect(rows).toBe(200)
    }
  })

  it('of nothing are none', async () => {
    for await (const part of lineParts(pieces('', 1), 10)) throw new Error(`there is ${part.rows}`)
  })
})
