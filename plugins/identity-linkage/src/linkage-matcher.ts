import type { Matcher, MatchRecord, PairMatcher } from '@tenon/kernel/contracts'
import type { LinkageConfig } from './config.ts'
import { type Agreement, judgeOf, type Shares, sharesOf } from './model/judge.ts'
import { decodeModel, encodeModel, type LinkageModel } from './model/model.ts'
import { train } from './model/train.ts'
import { blocksOf, standardRules } from './people/blocking.ts'
import { skippedPeople } from './people/candidates.ts'
import { type Field, fieldOf, levelOf } from './people/field.ts'
import { readPeople } from './people/people.ts'
import { proposals } from './proposals/propose.ts'

/** People who are probably one, by the model of Fellegi and Sunter, learned without labels. */
export function linkageMatcher(config: LinkageConfig): Matcher {
  const fields = config.fields.map(fieldOf)
  const rules = config.blocking ?? standardRules(fields)
  return {
    fields: config.fields.map(({ key, from, label }) => ({ key, from, label: label ?? { en: key } })),
    training: { every: config.every },
    async train({ records, seed }, context) {
      const people = await readPeople(records, fields, context)
      const blocks = rules.map((rule) => blocksOf(people, fields, rule))
      const { model, expectedMatches, candidates, teachers } = await train(people, fields, blocks, { config, seed }, context)
      const parameters = {
        people: people.profiles.length,
        candidates,
        expectedMatches,
        learnedFrom: teachers,
        skipped: rules.map((rule, index) => {
          const own = blocks[index]
          return { rule: nameOf(rule), people: own === undefined ? 0 : skippedPeople(own, config.maxBlock) }
        }),
        weights: weightsOf(model),
      }
      return { model: encodeModel(model), parameters }
    },
    async load({ model }) {
      return pairMatcher(config, fields, decodeModel(model, fields), model.byteLength)
    },
  }
}

function pairMatcher(config: LinkageConfig, fields: readonly Field[], model: LinkageModel, modelBytes: number): PairMatcher {
  const [judge, shares] = [judgeOf(model), sharesOf(model)]
  return {
    memoryBytes: modelBytes * 6,
    propose: (request, context) => proposals({ config, fields, judge, shares }, request, context),
    compare: ({ left, right }) => judge.opinion(fields.map((field, index) => agreementBetween(field, index, left, right, shares))),
  }
}

function agreementBetween(field: Field, index: number, left: MatchRecord, right: MatchRecord, shares: Shares): Agreement {
  const [ours, theirs] = [valuesOf(field, left), valuesOf(field, right)]
  if (ours.length === 0 || theirs.length === 0) return { level: -1 }
  const level = Math.min(...ours.flatMap((a) => theirs.map((b) => levelOf(field.comparison, a, b))))
  if (level !== 0 || !field.usesFrequency) return { level }
  return { level, share: Math.min(...ours.filter((value) => theirs.includes(value)).map((value) => shares(index, value) ?? 1)) }
}

const valuesOf = ({ key, comparison }: Field, { values }: MatchRecord): readonly string[] =>
  Object.hasOwn(values, key) ? (values[key] ?? []).slice(0, 20).flatMap((value) => comparison.canonical(value) ?? []) : []

const nameOf = (rule: ReturnType<typeof standardRules>[number]): string =>
  rule.map(({ field, by }) => (by === 'value' ? field : `${field} by ${by}`)).join(' + ')

const weightsOf = ({ fields }: LinkageModel): Readonly<Record<string, Readonly<Record<string, number>>>> =>
  Object.fromEntries(
    fields.map(({ key, levels, m, u }) => [
      key,
      Object.fromEntries(levels.map((level, index) => [level, Math.round(100 * Math.log2((m[index] ?? 1) / (u[index] ?? 1))) / 100])),
    ]),
  )
