import { errorCode } from '@tenon/kernel'
import { sampleLongContext, samplePeople } from '@tenon/kernel/conformance'
import type { MatchProposal, MatchRecord, MatchRecords } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { linkageConfig } from './config.ts'
import { linkageMatcher } from './linkage-matcher.ts'

const context = sampleLongContext()
const config = linkageConfig.parse({
  fields: [
    { key: 'given', kind: 'name', from: { trait: 'firstName' } },
    { key: 'family', kind: 'name', from: { trait: 'lastName' } },
    { key: 'born', kind: 'date', from: { trait: 'birthday' } },
    { key: 'phone', kind: 'phone', from: { identifier: 'phone' } },
  ],
})

const recordsOf = (records: readonly MatchRecord[]): MatchRecords => ({
  async *read() {
    yield records
  },
})

async function trained(records: readonly MatchRecord[], overrides: Partial<typeof config> = {}) {
  const matcher = linkageMatcher({ ...config, ...overrides })
  const { model, parameters } = await matcher.train({ records: recordsOf(records), seed: 1 }, context)
  return { matcher, model, parameters, pairs: await matcher.load({ model }, context) }
}

async function propose(records: readonly MatchRecord[], overrides: Partial<typeof config> = {}): Promise<readonly MatchProposal[]> {
  const { pairs } = await trained(records, overrides)
  const found: MatchProposal[] = []
  const request = { records: recordsOf(records), limits: { review: 0.9 }, limit: 1_000 }
  for await (const page of pairs.propose(request, context)) found.push(...page)
  return found
}

const { records, same } = samplePeople({ given: 'given', family: 'family', born: 'date', phone: 'phone' }, { persons: 150, twice: 60 })

describe('the linkage matcher', () => {
  it('finds who is one, and says how each field speaks for it', async () => {
    const found = await propose(records)
    const names = new Set(same.map((pair) => pair.join(' ')))
    const right = found.filter(({ left, right }) => names.has(`${left} ${right}`)).length
    expect(right / found.length).toBeGreaterThan(0.95)
    expect(right / same.length).toBeGreaterThan(0.85)
    const [{ evidence, weight } = { evidence: [], weight: 0 }] = found
    expect(evidence.map(({ field }) => field)).toEqual(['given', 'family', 'born', 'phone'])
    expect(evidence.find(({ field }) => field === 'phone')).toMatchObject({ code: 'EXACT', detail: {} })
    expect(weight).toBeGreaterThan(3)
  })

  it('estimates how many pairs are one person', async () => {
    const { parameters } = await trained(records)
    expect(Math.abs(Number(parameters.expectedMatches) - same.length)).toBeLessThan(same.length * 0.2)
  })

  it('takes a rare name for more than a frequent one', async () => {
    const smiths = Array.from({ length: 60 }, (_, index): MatchRecord => ({ profile: 1_000 + index, values: { family: ['Smith'] } }))
    const { pairs } = await trained([...records, ...smiths])
    const weightOf = (family: string): number => {
      const [left, right] = [1, 2].map((profile) => ({ profile, values: { family: [family] } }))
      return left === undefined || right === undefined ? 0 : pairs.compare({ left, right }).weight
    }
    expect(weightOf('Okolund')).toBeGreaterThan(weightOf('Smith') + 3)
  })

  it('keeps no value of few people in its model', async () => {
    const { model } = await trained([...records, { profile: 9_999, values: { family: ['Unmistakable'], phone: ['+4930555000111'] } }])
    const text = new TextDecoder().decode(model)
    expect(text).not.toContain('unmistakable')
    expect(text).not.toContain('4930555000111')
  })

  it('gives nobody two others where everybody has one at the most', async () => {
    const thrice = [...records, ...records.slice(0, 20).map((record) => ({ ...record, profile: record.profile + 5_000 }))]
    const people = (await propose(thrice, { assignment: 'one-to-one' })).flatMap(({ left, right }) => [left, right])
    expect(people.length).toBeGreaterThan(20)
    expect(new Set(people).size).toBe(people.length)
    const many = (await propose(thrice)).flatMap(({ left, right }) => [left, right])
    expect(new Set(many).size).toBeLessThan(many.length)
  })

  it('believes who knows how many pairs are one person', async () => {
    const { parameters } = await trained(records, { expectedMatches: 7 })
    expect(Number(parameters.expectedMatches)).toBeCloseTo(7, 1)
  })

  it('refuses a model for other fields, and more people than it may hold', async () => {
    const { model } = await trained(records.slice(0, 20))
    const other = linkageMatcher({ ...config, fields: config.fields.slice(1) })
    await expect(other.load({ model }, context)).rejects.toSatisfy((error) => errorCode(error) === 'TENON_LINKAGE_MODEL_FOREIGN')
    const training = linkageMatcher(config).train({ records: recordsOf(records), seed: 1 }, sampleLongContext({ memoryBytes: 1_000 }))
    await expect(training).rejects.toSatisfy((error) => errorCode(error) === 'TENON_LINKAGE_MEMORY')
  })

  it('refuses a configuration that names what there is not', () => {
    expect(linkageConfig.safeParse({ blocking: [[{ field: 'nickname' }]] }).success).toBe(false)
    expect(linkageConfig.safeParse({ fields: [...config.fields, ...config.fields] }).success).toBe(false)
    expect(linkageConfig.safeParse({ blocking: [[{ field: 'last_name', by: 'sound' }, { field: 'birthday' }]] }).success).toBe(true)
  })
})
