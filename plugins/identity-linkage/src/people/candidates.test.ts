import { sampleLongContext } from '@tenon/kernel/conformance'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BlockingRule } from '../config.ts'
import { blocksOf, standardRules } from './blocking.ts'
import { candidatePairs, skippedPeople } from './candidates.ts'
import { fieldOf } from './field.ts'
import { readPeople } from './people.ts'

const fields = ['a', 'b'].map((key) => fieldOf({ key, kind: 'number', from: { trait: key } }))
const rules: readonly BlockingRule[] = [[{ field: 'a', by: 'value' }], [{ field: 'b', by: 'value' }], [{ field: 'a', by: 'start' }]]

type Values = Readonly<Record<'a' | 'b', readonly string[]>>

const people = (list: readonly Values[]) => {
  const records = list.map((values, index) => ({ profile: index + 1, values }))
  return readPeople(
    {
      async *read() {
        yield records
      },
    },
    fields,
    sampleLongContext(),
  )
}

async function pairsOf(
  list: readonly Values[],
  options: { readonly maxBlock: number; readonly mask?: Uint8Array },
): Promise<readonly string[]> {
  const all = await people(list)
  const blocks = rules.map((rule) => blocksOf(all, fields, rule))
  return [...candidatePairs(blocks, options)].flatMap(({ left, right, size }) =>
    Array.from({ length: size }, (_, at) => `${left[at]} ${right[at]}`),
  )
}

const shares = (left: readonly string[], right: readonly string[]): boolean => left.some((value) => right.includes(value))
const begins = (values: readonly string[]): readonly string[] => values.map((value) => value.slice(0, 4))

describe('candidate pairs', () => {
  const value = fc.stringMatching(/^[12]{4,5}$/)
  const person = fc.record({ a: fc.uniqueArray(value, { maxLength: 3 }), b: fc.uniqueArray(value, { maxLength: 2 }) })

  it('are those that share a key under some rule, each once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(person, { maxLength: 25 }), async (list) => {
        const expected = list.flatMap((left, i) =>
          list.flatMap((right, j) =>
            i < j && (shares(left.a, right.a) || shares(left.b, right.b) || shares(begins(left.a), begins(right.a))) ? [`${i} ${j}`] : [],
          ),
        )
        expect([...(await pairsOf(list, { maxBlock: 100 }))].sort()).toEqual(expected.sort())
      }),
    )
  })

  it('are those of the asked people alone, where some were asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(person, { maxLength: 25 }), async (list) => {
        const mask = Uint8Array.from(list, (_, index) => Number(index % 3 === 0))
        const all = await pairsOf(list, { maxBlock: 6 })
        const asked = all.filter((pair) => pair.split(' ').some((index) => mask[Number(index)] === 1))
        expect([...(await pairsOf(list, { maxBlock: 6, mask }))].sort()).toEqual([...asked].sort())
      }),
    )
  })

  it('leave large blocks out, unless another rule finds the pair', async () => {
    const many = Array.from({ length: 6 }, (_, index) => ({ a: ['11111'], b: index < 2 ? ['2222'] : [] }))
    expect(await pairsOf(many, { maxBlock: 5 })).toEqual(['0 1'])
    const all = await people(many)
    expect(skippedPeople(blocksOf(all, fields, rules[0] ?? []), 5)).toBe(6)
  })
})

describe('standardRules', () => {
  it('take every field alone, and names by their sound with every other', () => {
    const named = (['name', 'name', 'date', 'category'] as const).map((kind, index) =>
      fieldOf({ key: `f${index}`, kind, from: { trait: 'x' } }),
    )
    expect(standardRules(named).map((rule) => rule.map(({ field, by }) => `${field}:${by}`).join('+'))).toEqual([
      'f0:value',
      'f1:value',
      'f2:value',
      'f0:sound+f1:sound',
      'f0:sound+f2:value',
      'f0:sound+f3:value',
      'f1:sound+f2:value',
      'f1:sound+f3:value',
    ])
  })
})
