/** Longer than any message of the engine about itself. */
const TAIL_BYTES = 64 * 1024

/**
 * The bytes of a result that is not parsed. The engine has answered 200 when something goes wrong in the middle, and writes the
 * exception behind the rows: a result that ends so is an error, never a shorter result.
 */
export async function* wholeResult(pieces: AsyncIterable<Uint8Array>, tag: string | undefined): AsyncGenerator<Uint8Array> {
  let tail = Buffer.alloc(0)
  for await (const piece of pieces) {
    const all = Buffer.concat([tail, piece])
    const ready = Math.max(0, all.length - TAIL_BYTES)
    if (ready > 0) yield all.subarray(0, ready)
    tail = all.subarray(ready)
  }
  const end = tail.toString('latin1')
  const mark = tag === undefined || tag === '' ? end.search(/(^|\n)Code: \d+\. DB::Exception: /) : end.indexOf(`__exception__\r\n${tag}`)
  if (mark >= 0) throw Object.assign(new Error(tail.subarray(mark).toString('utf8').slice(0, 2_000)), { code: codeIn(end.slice(mark)) })
  if (tail.length > 0) yield tail
}

const codeIn = (text: string): string => /Code: (\d+)/.exec(text)?.[1] ?? 'none'
