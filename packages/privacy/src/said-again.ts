import type { Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'
import { isSaidAgain } from './silence.ts'

export const sayAgain = ({ id, ...said }: Receipt, again: Pick<SignalReceipt, 'profile' | 'at' | 'source'>): SignalReceipt => ({
  ...said,
  ...again,
  evidence: { ...said.evidence, repeats: id },
})

/** Whether the one is the other, or says it again. */
export const repeats = ({ id, evidence }: { readonly id?: string; readonly evidence: Receipt['evidence'] }, of: Receipt): boolean =>
  id === of.id || evidence.repeats === of.id

/** Those of the copies that say again, through any number of copies, what is among the words. */
export function repeatsOf(copies: readonly Receipt[], words: readonly Receipt[]): ReadonlySet<string> {
  const theirs = new Set(words.map(({ id }) => id))
  const repeats = new Set<string>()
  for (let found = -1; found !== repeats.size; ) {
    found = repeats.size
    for (const { id, evidence } of copies) {
      const said = evidence.repeats
      if (typeof said === 'string' && (theirs.has(said) || repeats.has(said))) repeats.add(id)
    }
  }
  return repeats
}

/** Whether something is the word of one of those who said all this: what a merge said again of others is not. */
export function isWordOf(receipts: readonly Receipt[]): (receipt: Receipt) => boolean {
  const copies = repeatsOf(
    receipts.filter(isCopy),
    receipts.filter((receipt) => !isCopy(receipt)),
  )
  return (receipt) => !isCopy(receipt) || copies.has(receipt.id)
}

export const isCopy = ({ source }: Receipt): boolean => source === 'merge'

/**
 * What may be the word of either side: not what was said again meanwhile of somebody who remains, nor what a merge said again of somebody who
 * has left already. A no that an unmerge said again is kept: its first word may have gone with another.
 */
export function ofEither(shared: readonly Receipt[], ofRemaining: readonly Receipt[]): readonly Receipt[] {
  const ofThem = repeatsOf(
    shared.filter((receipt) => isSaidAgain(receipt) && receipt.evidence.ofEach !== true),
    ofRemaining,
  )
  const candidates = shared.filter(({ id }) => !ofThem.has(id))
  const words = candidates.filter((receipt) => !isCopy(receipt))
  const ofWords = repeatsOf(candidates.filter(isCopy), words)
  return candidates.filter((receipt) => !isCopy(receipt) || ofWords.has(receipt.id))
}
