import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { unpackBody } from './unpack-body.ts'

const LIMIT = 100_000

/** What is unpacked, and for how much there was to be room before. */
async function unpack(bytes: Uint8Array, roomy: (bytes: number) => boolean = () => true) {
  const asked: number[] = []
  const body = await unpackBody(bytes, LIMIT, (wanted) => {
    asked.push(wanted)
    return roomy(wanted)
  })
  return { body: body instanceof Uint8Array ? Buffer.from(body).toString() : body, asked }
}

const lying = (text: string, size: number): Buffer => {
  const packed = gzipSync(text)
  packed.writeUInt32LE(size, packed.length - 4)
  return packed
}

describe('a packed body', () => {
  it('takes the room that it needs and no more', async () => {
    expect(await unpack(gzipSync('hello'))).toEqual({ body: 'hello', asked: [5] })
    expect(await unpack(gzipSync(''))).toEqual({ body: '', asked: [0] })
    const whole = 'x'.repeat(LIMIT)
    expect(await unpack(gzipSync(whole))).toEqual({ body: whole, asked: [LIMIT] })
  })

  it('is not unpacked without room', async () => {
    expect(await unpack(gzipSync('hello'), () => false)).toEqual({ body: 'no room', asked: [5] })
  })

  it('takes the room of the largest body where it is larger than it says', async () => {
    const two = Buffer.concat([gzipSync('x'.repeat(1_000)), gzipSync('y')])
    expect(await unpack(two)).toEqual({ body: `${'x'.repeat(1_000)}y`, asked: [1, LIMIT] })
    expect(await unpack(two, (bytes) => bytes < LIMIT)).toEqual({ body: 'no room', asked: [1, LIMIT] })
    expect((await unpack(Buffer.concat([gzipSync('z'.repeat(LIMIT)), gzipSync('y')]))).body).toBeUndefined()
  })

  it('is too large beyond the limit, and stays as it is where it is none', async () => {
    expect(await unpack(gzipSync('x'.repeat(LIMIT + 1)))).toEqual({ body: undefined, asked: [LIMIT] })
    expect((await unpack(lying('x'.repeat(LIMIT * 10), 7))).body).toBeUndefined()
    for (const bytes of [lying('hello', 3_000), gzipSync('hello').subarray(0, 12), Buffer.from([0x1f, 0x8b])])
      expect(Buffer.from((await unpackBody(bytes, LIMIT, () => true)) as Uint8Array)).toEqual(bytes)
  })
})
