import { use } from '@tenon/kernel'
import { type LongCallContext, type MatchProposal, type MatchRecord, type MatchRecords, matcher } from '@tenon/kernel/contracts'
import { identityLinkage } from '@tenon/plugin-identity-linkage'
import { startTestKernel } from '@tenon/testing'
import type { Bench, Result } from './bench.ts'
import { type LinkageData, readLinkageData } from './linkage-data.ts'

/** The review limit at which results are counted. Chosen before any figure was seen, the same for all data sets. */
const REVIEW = 0.95
const SEED = 1
const SMOKE_PEOPLE = 300

/**
 * Protocol: all records of a file are one workspace; the plugin gets columns by their kind and nothing else of its
 * configuration is changed; it learns without labels. True: all pairs of one entity (febrl: the number in `rec-N-…`;
 * fake_1000: the column `cluster`, which says the same as every one of the 3,176 lines of its file of labels). Pairs that
 * blocking never compares count as missed. Counted twice: `pairs` are the proposals from .95 on as they are; `groups` are all
 * pairs among people whom those proposals join, which is what accepting them does. `precision_at_recall_75` is the precision
 * of the most probable pairs that together reach that recall: it needs no limit, and labels to be known. The last line has the `pairs` of all.
 */
export const bench: Bench = {
  summary: 'find people who are one: precision, recall and F1 on febrl 1, febrl 2 and fake_1000',
  async run({ smoke, log }) {
    const folder = process.env.TENON_DATASETS
    if (folder === undefined) {
      log('skipped: TENON_DATASETS names no folder with the data sets')
      return []
    }
    const data = await readLinkageData(folder, (file) => log(`skipped: ${file} is not in TENON_DATASETS`))
    const results: Result[] = []
    for (const set of data) results.push(...(await measure(smoke ? fewOf(set) : set, log)))
    return results.length === 0 ? [] : [...results, summaryOf(results)]
  },
}

/** The proposals of all data sets in one line. */
function summaryOf(results: readonly Result[]): Result {
  const named = results
    .filter(({ as }) => as === 'pairs')
    .flatMap((result) =>
      ['precision', 'recall', 'f1', 'precision_at_recall_75'].map((figure) => [`${result.dataset}_${figure}`, result[figure] ?? 0]),
    )
  return { bench: 'linkage', from: REVIEW, ...Object.fromEntries(named) }
}

const fewOf = (data: LinkageData): LinkageData => ({ ...data, records: data.records.slice(0, SMOKE_PEOPLE) })

async function measure(data: LinkageData, log: (line: string) => void): Promise<readonly Result[]> {
  const { dataset, kinds, records } = data
  const fields = Object.entries(kinds).map(([key, kind]) => ({ key, kind, from: { trait: key } }))
  await using kernel = await startTestKernel({ plugins: [use(identityLinkage, { fields })], needs: { matchers: matcher } })
  const linkage = kernel.needs.matchers.get('tenon.identity-linkage')
  if (linkage === undefined) throw new Error('the plugin is not there')
  const began = performance.now()
  const { model, parameters } = await linkage.train({ records: recordsOf(records), seed: SEED }, contextOf())
  const trained = performance.now()
  const pairs = await linkage.load({ model }, contextOf())
  const found: MatchProposal[] = []
  const request = { records: recordsOf(records), limits: { review: 0.5, merge: REVIEW }, limit: 1_000_000 }
  for await (const page of pairs.propose(request, contextOf())) found.push(...page)
  const ended = performance.now()
  const total = truePairs(data)
  log(`${dataset}: ${records.length} records, ${total} true pairs; expected ${Number(parameters.expectedMatches).toFixed(0)}`)
  for (const least of [0.5, 0.8, 0.95, 0.99, 0.999]) log(`  from ${least} on: ${describe(figuresOf(data, found, least, total))}`)
  const spent = { ms: Math.round(ended - began), train_ms: Math.round(trained - began) }
  const resultOf = (as: string, { precision, recall, f1, pairs }: Figures): Result => ({
    ...{ bench: 'linkage', dataset, as, from: REVIEW },
    ...{ precision: round(precision), recall: round(recall), f1: round(f1), pairs, ...spent },
  })
  return [
    { ...resultOf('pairs', figuresOf(data, found, REVIEW, total)), precision_at_recall_75: round(precisionAt(0.75, data, found, total)) },
    resultOf('groups', figuresOfGroups(data, found, total)),
  ]
}

interface Figures {
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly pairs: number
}

function figuresOf({ truth }: LinkageData, found: readonly MatchProposal[], least: number, total: number): Figures {
  const kept = found.filter(({ probability }) => probability >= least)
  const right = kept.filter((pair) => truth.get(pair.left) === truth.get(pair.right)).length
  return figures(right, kept.length, total)
}

/** 0 where the recall is never reached. */
function precisionAt(recall: number, { truth }: LinkageData, found: readonly MatchProposal[], total: number): number {
  let right = 0
  for (const [index, pair] of found.entries()) {
    if (truth.get(pair.left) === truth.get(pair.right)) right += 1
    if (right >= recall * total) return right / (index + 1)
  }
  return 0
}

/** As if every proposal from the limit on were accepted: all pairs of each group. */
function figuresOfGroups({ truth }: LinkageData, found: readonly MatchProposal[], total: number): Figures {
  const groups = new Map<number, Set<number>>()
  for (const { left, right, group } of found) {
    if (group !== undefined) groups.set(group, (groups.get(group) ?? new Set()).add(left).add(right))
  }
  let [right, all] = [0, 0]
  for (const members of groups.values()) {
    all += pairsAmong(members.size)
    for (const same of Map.groupBy(members, (profile) => truth.get(profile)).values()) right += pairsAmong(same.length)
  }
  return figures(right, all, total)
}

function figures(right: number, found: number, total: number): Figures {
  const [precision, recall] = [found === 0 ? 0 : right / found, total === 0 ? 0 : right / total]
  return { precision, recall, f1: right === 0 ? 0 : (2 * precision * recall) / (precision + recall), pairs: found }
}

function truePairs({ truth, records }: LinkageData): number {
  const people = Map.groupBy(records, ({ profile }) => truth.get(profile))
  return [...people.values()].reduce((sum, { length }) => sum + pairsAmong(length), 0)
}

const pairsAmong = (people: number): number => (people * (people - 1)) / 2
const round = (share: number): number => Math.round(share * 10_000) / 10_000
const describe = ({ precision, recall, f1, pairs }: Figures): string =>
  `precision ${round(precision)}, recall ${round(recall)}, F1 ${round(f1)}, ${pairs} pairs`

const recordsOf = (records: readonly MatchRecord[]): MatchRecords => ({
  async *read() {
    for (let start = 0; start < records.length; start += 500) yield records.slice(start, start + 500)
  },
})

const contextOf = (): LongCallContext => ({
  workspace: 'bench',
  purpose: 'profile',
  now: new Date(0),
  signal: new AbortController().signal,
  progress: () => {},
  memoryBytes: 512 * 1_048_576,
})
