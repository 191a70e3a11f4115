import type { Guard, GuardTools } from '../../plugin/guard.ts'
import type { LongCallContext } from '../nouns/context.ts'
import { limitsProblem, matcherProblem, opinionProblem, pairMatcherProblem, proposalProblem, trainedMatcherProblem } from './check.ts'
import type { Matcher, MatchProposal, MatchRecord, MatchRecords, PairMatcher } from './contract.ts'

const TRAIN_LIMIT_MS = 60 * 60_000
const LOAD_LIMIT_MS = 60_000
const PAGE_LIMIT_MS = 120_000

/** A matcher sees the fields that it declared and nothing else; what it proposes stays within what was asked and allowed. */
export const guardMatcher: Guard<Matcher> = (provider, tools) => {
  const fields = new Set(provider.fields?.map((field) => field?.key))
  const checkSelf = (operation: string): void => {
    const problem = matcherProblem(provider)
    if (problem !== undefined) throw tools.violation(operation, problem)
  }
  return {
    fields: provider.fields,
    training: provider.training,
    async train(request, context) {
      checkSelf('train')
      const trained = await tools.call({
        operation: 'train',
        limitMs: TRAIN_LIMIT_MS,
        signal: context.signal,
        run: (signal) => provider.train({ ...request, records: declaredOnly(request.records, fields) }, { ...context, signal }),
      })
      const problem = trainedMatcherProblem(trained)
      if (problem !== undefined) throw tools.violation('train', problem)
      return trained
    },
    async load(request, context) {
      checkSelf('load')
      const loaded = await tools.call({
        operation: 'load',
        limitMs: LOAD_LIMIT_MS,
        signal: context.signal,
        run: (signal) => provider.load(request, { ...context, signal }),
      })
      const problem = pairMatcherProblem(loaded, context.memoryBytes)
      if (problem !== undefined) throw tools.violation('load', problem)
      return guardPairs(loaded, fields, tools)
    },
  }
}

function guardPairs(loaded: PairMatcher, fields: ReadonlySet<string>, tools: GuardTools): PairMatcher {
  return {
    memoryBytes: loaded.memoryBytes,
    propose(request, context) {
      const wrong = limitsProblem(request.limits)
      // Limits come from the owner: a station that passes others on has not read them.
      if (wrong !== undefined) throw new RangeError(wrong)
      const pages = tools.stream({
        operation: 'propose',
        stepLimitMs: PAGE_LIMIT_MS,
        signal: context.signal,
        run: (signal) => loaded.propose({ ...request, records: declaredOnly(request.records, fields) }, { ...context, signal }),
      })
      return checked(pages, request, fields, tools)
    },
    compare({ left, right }) {
      const request = { left: declared(left, fields), right: declared(right, fields) }
      const opinion = tools.callSync({ operation: 'compare', run: () => loaded.compare(request) })
      const problem = opinionProblem(fields, opinion)
      if (problem !== undefined) throw tools.violation('compare', problem)
      return opinion
    },
  }
}

async function* checked(
  pages: AsyncIterable<readonly MatchProposal[]>,
  { limits, limit, profiles }: Parameters<PairMatcher['propose']>[0],
  fields: ReadonlySet<string>,
  tools: GuardTools,
): AsyncGenerator<readonly MatchProposal[]> {
  const terms = { fields, review: limits.review, asked: profiles === undefined ? undefined : new Set(profiles) }
  const seen = new Set<string>()
  for await (const page of pages) {
    if (!Array.isArray(page)) throw tools.violation('propose', 'a page is not a list')
    for (const proposal of page) {
      const problem = proposalProblem(terms, proposal)
      if (problem !== undefined) throw tools.violation('propose', problem)
      const before = seen.size
      if (seen.add(`${proposal.left} ${proposal.right}`).size === before) throw tools.violation('propose', 'a pair comes twice')
      if (seen.size > limit) throw tools.violation('propose', `there are more than the ${limit} proposals asked for`)
    }
    yield page
  }
}

const declaredOnly = (records: MatchRecords, fields: ReadonlySet<string>): MatchRecords => ({
  async *read(context: LongCallContext) {
    for await (const page of records.read(context)) yield page.map((record) => declared(record, fields))
  },
})

function declared(record: MatchRecord, fields: ReadonlySet<string>): MatchRecord {
  const entries = Object.entries(record.values)
  if (entries.every(([field]) => fields.has(field))) return record
  return { profile: record.profile, values: Object.fromEntries(entries.filter(([field]) => fields.has(field))) }
}
