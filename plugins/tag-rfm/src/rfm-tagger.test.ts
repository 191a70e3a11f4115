import type { History, LongCallContext, Properties } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { rfmConfig, rfmDefinition } from './config.ts'
import { rfmTagger } from './rfm-tagger.ts'
import { tierOf } from './tier.ts'

const day = 86_400
const asOf = new Date('2026-01-01T00:00:00Z')
const context: LongCallContext = {
  workspace: 'w',
  purpose: 'profile',
  now: asOf,
  signal: new AbortController().signal,
  progress: () => {},
  memoryBytes: 1e8,
}

interface Row {
  readonly profile: number
  readonly recency?: number
  readonly frequency?: number
  readonly monetary?: number
}

/** Answers the three measures from rows, as the audience station would from the engine. */
const historyOf = (rows: readonly Row[]): History => ({
  async *measures({ profiles }) {
    const asked = rows.filter(({ profile }) => profiles?.includes(profile) ?? true)
    for (const { profile, ...values } of asked) yield [{ profile, values }]
  },
})

const rows: readonly Row[] = Array.from({ length: 10 }, (_, index) => ({
  profile: index + 1,
  recency: (index + 1) * day,
  frequency: 10 - index,
  monetary: (10 - index) * 100,
}))

async function run(definition: Properties, history: History, profiles?: readonly number[]) {
  const tagger = rfmTagger(rfmConfig.parse({}))
  const request = { key: 'rfm', definition, history, asOf }
  const fitted = await tagger.fit?.({ ...request, seed: 1 }, context)
  const values = new Map<string, unknown>()
  const pages = tagger.value?.({ ...request, model: fitted?.model, ...(profiles === undefined ? {} : { profiles }) }, context) ?? []
  for await (const page of pages) for (const { profile, tag, value } of page) values.set(`${profile} ${tag}`, value)
  return { values, quality: fitted?.quality }
}

describe('rfm', () => {
  const definition = rfmDefinition.parse({}) as Properties

  it('gives the latest, most frequent, best paying buyer 5-5-5 and the champion tier', async () => {
    const { values, quality } = await run(definition, historyOf(rows))
    expect(quality).toEqual({ buyers: 10 })
    expect(values.get('1 rfm.score')).toBe('5-5-5')
    expect(values.get('1 rfm.tier')).toBe('champion')
    expect(values.get('10 rfm.score')).toBe('1-1-1')
    expect(values.get('10 rfm.tier')).toBe('hibernating')
  })

  it('leaves people without a purchase without a value', async () => {
    const { values } = await run(definition, historyOf([...rows, { profile: 99, monetary: 0 }]))
    expect([...values.keys()].filter((key) => key.startsWith('99 '))).toEqual([])
  })

  it('computes some people as it computes them among all', async () => {
    const everybody = await run(definition, historyOf(rows))
    const some = await run(definition, historyOf(rows), [3, 7])
    for (const [key, value] of some.values) expect(everybody.values.get(key)).toBe(value)
    expect(some.values.size).toBe(10)
  })

  it('keeps the recency of everybody while time goes by after the fit', async () => {
    const tagger = rfmTagger(rfmConfig.parse({}))
    const fitted = await tagger.fit?.({ key: 'rfm', definition, history: historyOf(rows), asOf, seed: 1 }, context)
    const laterMs = 3_456_789
    const later = rows.map((row) => ({ ...row, recency: (row.recency ?? 0) + laterMs / 1_000 }))
    const bandsOf = async (history: History, at: Date) => {
      const bands = new Map<number, unknown>()
      const pages = tagger.value?.({ key: 'rfm', definition, history, asOf: at, model: fitted?.model }, context) ?? []
      for await (const page of pages) for (const { profile, tag, value } of page) if (tag === 'rfm.recency') bands.set(profile, value)
      return bands
    }
    const then = await bandsOf(historyOf(rows), asOf)
    expect(await bandsOf(historyOf(later), new Date(asOf.getTime() + laterMs))).toEqual(then)
    expect([...then.values()]).toEqual([5, 5, 4, 4, 3, 3, 2, 2, 1, 1])
  })

  it('takes fixed bands without learning', async () => {
    const fixed = rfmDefinition.parse({ bands: 2, fixed: { recencyDays: [3], frequency: [5], monetary: [500] } }) as Properties
    const tagger = rfmTagger(rfmConfig.parse({}))
    expect(tagger.plan({ key: 'rfm', label: { en: 'RFM' }, definition: fixed })).toMatchObject({ how: 'model', fits: false })
    const { values } = await run(fixed, historyOf(rows))
    expect(values.get('3 rfm.score')).toBe('2-2-2')
    expect(values.get('4 rfm.score')).toBe('1-2-2')
  })

  it('refuses a model that it did not write', async () => {
    const tagger = rfmTagger(rfmConfig.parse({}))
    const pages = tagger.value?.(
      { key: 'rfm', definition, history: historyOf(rows), asOf, model: new TextEncoder().encode('{"version":2}') },
      context,
    )
    await expect(async () => {
      for await (const _ of pages ?? []) expect.unreachable()
    }).rejects.toThrow()
  })
})

describe('tierOf', () => {
  it('orders people by how recent and how good they are', () => {
    const tier = (recency: number, frequency: number, monetary: number) => tierOf({ recency, frequency, monetary }, 5)
    expect(tier(5, 5, 5)).toBe('champion')
    expect(tier(5, 1, 1)).toBe('new')
    expect(tier(3, 5, 5)).toBe('loyal')
    expect(tier(1, 5, 5)).toBe('cannot-lose')
    expect(tier(1, 1, 1)).toBe('hibernating')
  })
})
