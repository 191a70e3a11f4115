import type {
  Action,
  CallContext,
  ConsentPolicy,
  Decision,
  Logger,
  Properties,
  Purpose,
  PurposeDescription,
  Receipt,
} from '@tenon/kernel/contracts'

export interface Question {
  readonly purpose: Purpose
  readonly action: Action
  readonly receipts: readonly Receipt[]
  readonly traits: Properties
}

/** All policies of an edition as one: everyone whose law covers the person must grant. */
export interface Panel {
  purposes(): readonly PurposeDescription[]
  /** Whether some policy knows the purpose or one that it is part of. */
  knows(purpose: Purpose): boolean
  /** For one batch: a policy that fails or is slow in it is not asked again before the next, and its answer is no. */
  sit(context: CallContext): (question: Question) => Decision
}

const no = (code: string, detail: Properties): Decision => ({ granted: false, reason: { code, detail } })

export function createPanel(options: {
  readonly policies: ReadonlyMap<string, ConsentPolicy>
  readonly logger?: Logger | undefined
  /** For one decision of one policy. */
  readonly limitMs: number
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number
}): Panel {
  const { policies, logger, limitMs, elapsed } = options
  const purposes = (): readonly PurposeDescription[] => [...policies.values()].flatMap((policy) => policy.purposes)
  return {
    purposes,
    knows: (purpose) => purposes().some((known) => purpose === known.purpose || purpose.startsWith(`${known.purpose}.`)),
    sit(context) {
      const failed = new Set<string>()
      const dismiss = (instance: string, problem: string): Decision => {
        if (!failed.has(instance)) logger?.error('a consent policy failed: its answer is no', { instance, problem })
        failed.add(instance)
        return no('POLICY_FAILED', { policy: instance })
      }
      const ask = (instance: string, policy: ConsentPolicy, question: Question): Decision => {
        if (failed.has(instance)) return no('POLICY_FAILED', { policy: instance })
        const began = elapsed()
        try {
          const answer = readDecision(policy.decide({ ...question, receipts: question.receipts.map(copyReceipt) }, context))
          if (answer === undefined) return dismiss(instance, 'the answer is not a decision')
          return elapsed() - began > limitMs ? dismiss(instance, `a decision took longer than ${limitMs} ms`) : answer
        } catch (error) {
          return dismiss(instance, error instanceof Error ? error.name : 'thrown')
        }
      }
      return (question) => {
        const bench = [...policies].filter(([, policy]) => covers(policy, question.traits))
        const answers = bench.map(([instance, policy]) => ask(instance, policy, question))
        return answers.find(({ granted }) => !granted) ?? answers[0] ?? no('NO_POLICY', { purpose: question.purpose })
      }
    },
  }
}

/** A person whose country is not known stands under every law; of a country, also under the laws of its parts (`US-CA`). */
function covers(policy: ConsentPolicy, traits: Properties): boolean {
  const country = traits.country
  if (typeof country !== 'string' || !/^[A-Z]{2}$/.test(country)) return true
  return policy.jurisdictions.some((code) => code === '*' || code.split('-', 1)[0] === country)
}

/** Reads every field once and copies it: an answer can not change after it was looked at. */
function readDecision(answer: unknown): Decision | undefined {
  if (typeof answer !== 'object' || answer === null || !('granted' in answer)) return undefined
  const { granted } = answer
  if (granted === true && 'basis' in answer) {
    const { basis } = answer
    const receipt = 'receipt' in answer ? answer.receipt : undefined
    if (typeof basis !== 'string' || basis === '') return undefined
    if (receipt !== undefined && typeof receipt !== 'string') return undefined
    return Object.freeze({ granted, basis, ...(receipt === undefined ? {} : { receipt }) })
  }
  if (granted !== false || !('reason' in answer)) return undefined
  const { reason } = answer
  if (typeof reason !== 'object' || reason === null || !('code' in reason) || typeof reason.code !== 'string') return undefined
  const detail = 'detail' in reason && isProperties(reason.detail) ? reason.detail : {}
  return Object.freeze({ granted, reason: Object.freeze({ code: reason.code, detail }) })
}

const isProperties = (value: unknown): value is Properties => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Dates and evidence are mutable: what one policy does to its copy, the next never sees. */
const copyReceipt = (receipt: Receipt): Receipt => ({
  ...receipt,
  at: new Date(receipt.at),
  ...(receipt.expiresAt === undefined ? {} : { expiresAt: new Date(receipt.expiresAt) }),
  evidence: structuredClone(receipt.evidence),
})
