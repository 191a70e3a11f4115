import type { Blocks } from './blocking.ts'

/** Indexes of two people each, side by side. */
export interface PairBatch {
  readonly left: Int32Array
  readonly right: Int32Array
  readonly size: number
}

const BATCH = 8_192

/**
 * Every pair that some rule puts into one block of at most `maxBlock` people, each once, in batches that are overwritten by
 * the next. With a mask only pairs in which one is marked.
 */
export function* candidatePairs(
  rules: readonly Blocks[],
  { maxBlock, mask }: { readonly maxBlock: number; readonly mask?: Uint8Array | undefined },
): Generator<PairBatch> {
  const [left, right] = [new Int32Array(BATCH), new Int32Array(BATCH)]
  let size = 0
  for (const [index, blocks] of rules.entries()) {
    const before = rules.slice(0, index)
    for (let block = 0; block + 1 < blocks.blockStarts.length; block += 1) {
      const members = blocks.members.subarray(blocks.blockStarts[block], blocks.blockStarts[block + 1])
      if (members.length < 2 || members.length > maxBlock) continue
      if (mask !== undefined && !members.some((person) => mask[person] === 1)) continue
      for (let i = 0; i < members.length; i += 1) {
        for (let j = i + 1; j < members.length; j += 1) {
          const [a = 0, b = 0] = [members[i], members[j]]
          if (mask !== undefined && mask[a] !== 1 && mask[b] !== 1) continue
          if (firstShared(blocks, a, b, maxBlock) !== block) continue
          if (before.some((other) => firstShared(other, a, b, maxBlock) >= 0)) continue
          left[size] = a
          right[size] = b
          size += 1
          if (size < BATCH) continue
          yield { left, right, size }
          size = 0
        }
      }
    }
  }
  if (size > 0) yield { left, right, size }
}

/** The first block of a rule, small enough to count, in which both are; -1 without one. */
function firstShared({ starts, keys, blockStarts }: Blocks, a: number, b: number, maxBlock: number): number {
  for (let i = starts[a] ?? 0; i < (starts[a + 1] ?? 0); i += 1) {
    const key = keys[i] ?? 0
    if ((blockStarts[key + 1] ?? 0) - (blockStarts[key] ?? 0) > maxBlock) continue
    for (let j = starts[b] ?? 0; j < (starts[b + 1] ?? 0); j += 1) if (keys[j] === key) return key
  }
  return -1
}

/** How many people are in blocks too large for a rule. */
export function skippedPeople({ blockStarts }: Blocks, maxBlock: number): number {
  let skipped = 0
  for (let block = 0; block + 1 < blockStarts.length; block += 1) {
    const size = (blockStarts[block + 1] ?? 0) - (blockStarts[block] ?? 0)
    if (size > maxBlock) skipped += size
  }
  return skipped
}
