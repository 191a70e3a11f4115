import { describe, expect, it } from 'vitest'
import { wholeResult } from './whole-result.ts'

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function read(source: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const piece of source) all.push(piece)
  return Buffer.concat(all).toString()
}

const message = 'Code: 241. DB::Exception: too much'

describe('a whole result', () => {
  it('is what came, however it is cut', async () => {
    const long = 'row\n'.repeat(50_000)
    expect(await read(wholeResult(pieces('a\n', long, 'b\n'), 'tag'))).toBe(`a\n${long}b\n`)
    expect(await read(wholeResult(pieces(), undefined))).toBe('')
  })

  it('is an error where the engine failed behind the first rows', async () => {
    const failed = `1\n\r\n__exception__\r\ntag\r\n${message}\n34 tag\r\n__exception__\r\n`
    await expect(read(wholeResult(pieces(failed), 'tag'))).rejects.toMatchObject({ code: '241' })
    await expect(read(wholeResult(pieces('1\n', `${message}\n`), undefined))).rejects.toMatchObject({ code: '241' })
  })

  it('may hold rows that look like an exception', async () => {
    expect(await read(wholeResult(pieces(`__exception__\\r\\nother ${message}\n`), 'tag'))).toContain('other')
  })
})
