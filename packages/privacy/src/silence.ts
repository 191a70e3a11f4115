import type { ProfileId, Receipt } from '@tenon/kernel/contracts'
import type { SignalReceipt } from './fresh-signals.ts'

/**
 * Takes back what was said again for somebody who never said anything: a denial that has run out, which brings nothing older back. It is
 * no word of anybody: whatever is said, before or afterwards, goes before it.
 */
export const silenceOn = (
  { id, ...said }: Receipt,
  { profile, at }: { readonly profile: ProfileId; readonly at: Date },
): SignalReceipt => ({
  ...said,
  ...{ profile, at, state: 'withdrawn', expiresAt: at, source: 'unmerge', evidence: { takesBack: id } },
})

export const isSilence = ({ source, evidence }: Receipt): boolean => source === 'unmerge' && typeof evidence.takesBack === 'string'
