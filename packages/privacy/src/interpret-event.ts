import type { ConsentPolicy, CustomerEvent, Json, Logger } from '@tenon/kernel/contracts'
import type { NewReceipt } from './ledger.ts'
import { isSaidAgain } from './silence.ts'

interface Signal {
  readonly format: string
  readonly value: Json
}

const KEYS = ['consent', 'gpc', 'tcf'] as const
const QUOTED_KEYS = KEYS.map((key) => JSON.stringify(key))

/** Whether the context of an event, as `JSON.stringify` writes it, may hold a signal. Reading the text is much dearer than looking. */
export const maySpeakOfConsent = (context: string): boolean => QUOTED_KEYS.some((key) => context.includes(key))

/** What the context of an event says about consent: `context.consent`, `context.gpc`, `context.tcf`. */
function signalsOf({ context }: CustomerEvent): readonly Signal[] {
  const { consent, gpc, tcf } = context
  return [
    ...(consent === undefined ? [] : [{ format: 'segment', value: consent }]),
    ...(gpc === undefined ? [] : [{ format: 'gpc', value: gpc }]),
    ...(tcf === undefined ? [] : [{ format: 'tcf', value: tcf }]),
  ]
}

/**
 * The receipts that an event carries, as every policy reads it; not yet recorded. A clock that runs ahead is turned
 * back to the time of receipt: nobody consents from the future. A policy that fails here says nothing.
 */
export function interpretEvent(
  event: CustomerEvent,
  policies: ReadonlyMap<string, ConsentPolicy>,
  logger: Logger | undefined,
): readonly NewReceipt[] {
  const signals = signalsOf(event)
  if (signals.length === 0) return []
  const at = new Date(Math.min(event.timestamp.getTime(), event.receivedAt.getTime()))
  const receipts = new Map<string, NewReceipt>()
  for (const [instance, policy] of policies) {
    for (const signal of signals) {
      for (const receipt of read(instance, policy, { ...signal, at: new Date(at) }, logger)) {
        // That is what merges and their undoing say.
        if (isSaidAgain(receipt)) continue
        const evidence = { ...receipt.evidence, source: event.source, messageId: event.messageId }
        receipts.set(`${receipt.purpose} ${receipt.state} ${receipt.source}`, { ...receipt, at, evidence })
      }
    }
  }
  return [...receipts.values()]
}

function read(
  instance: string,
  policy: ConsentPolicy,
  signal: Signal & { readonly at: Date },
  logger: Logger | undefined,
): readonly NewReceipt[] {
  try {
    return [...policy.interpret(signal)]
  } catch (error) {
    logger?.error('a consent policy could not read a signal', {
      instance,
      format: signal.format,
      problem: error instanceof Error ? error.name : 'thrown',
    })
    return []
  }
}
