import { definePlugin } from '@tenon/kernel'
import { type Matcher, type MatchRecord, matcher } from '@tenon/kernel/contracts'
import { z } from 'zod'

const modelSchema = z.strictObject({ kind: z.literal('birthday/1'), bits: z.number(), prior: z.number() })
const keyOf = ({ values }: MatchRecord): string | undefined => {
  const [birthday, name] = [values.birthday?.[0], values.last_name?.[0]]
  return birthday === undefined || name === undefined ? undefined : `${birthday} ${name.trim().toLowerCase()}`
}

/** People of one name who were born on one day: the rarer that is by chance, the more it says. */
export const birthdayMatcher: Matcher = {
  fields: [
    { key: 'birthday', label: { en: 'Date of birth', zh: '生日' }, from: { trait: 'birthday' } },
    { key: 'last_name', label: { en: 'Last name', zh: '姓' }, from: { trait: 'lastName' } },
  ],
  training: { every: '7d' },
  async train({ records }, context) {
    context.signal.throwIfAborted()
    const [birthdays, names] = [new Set<string>(), new Set<string>()]
    let people = 0
    for await (const page of records.read(context)) {
      for (const { values } of page) {
        for (const birthday of values.birthday ?? []) birthdays.add(birthday)
        for (const name of values.last_name ?? []) names.add(name)
        people += 1
      }
    }
    const bits = Math.log2(1 + birthdays.size) + Math.log2(1 + names.size)
    const model = { kind: 'birthday/1', bits, prior: -Math.log2(1 + people) }
    return { model: new TextEncoder().encode(JSON.stringify(model)), parameters: { people, bits } }
  },
  async load({ model }) {
    const { bits, prior } = modelSchema.parse(JSON.parse(new TextDecoder().decode(model)))
    const opinion = (is: 'same' | 'other' | 'unknown') => {
      const weight = { same: bits, other: -bits, unknown: 0 }[is]
      const evidence = [{ code: `BIRTHDAY_${is.toUpperCase()}`, field: 'birthday', weight, detail: {} }]
      return { probability: 1 / (1 + 2 ** -(prior + weight)), weight: prior + weight, evidence }
    }
    return {
      memoryBytes: model.byteLength,
      compare({ left, right }) {
        const [a, b] = [keyOf(left), keyOf(right)]
        return opinion(a === undefined || b === undefined ? 'unknown' : a === b ? 'same' : 'other')
      },
      async *propose({ records, limits, limit, profiles }, context) {
        context.signal.throwIfAborted()
        const [first, asked] = [new Map<string, number>(), new Set(profiles)]
        const same = opinion('same')
        let left = same.probability >= limits.review ? limit : 0
        for await (const page of records.read(context)) {
          for (const record of page) {
            const key = keyOf(record)
            const other = key === undefined ? undefined : first.get(key)
            if (key !== undefined && other === undefined) first.set(key, record.profile)
            if (other === undefined || left === 0) continue
            const pair = { left: Math.min(other, record.profile), right: Math.max(other, record.profile) }
            if (profiles !== undefined && !asked.has(pair.left) && !asked.has(pair.right)) continue
            left -= 1
            yield [{ ...pair, ...same }]
          }
        }
      },
    }
  },
}

export const birthdayMatching = definePlugin({
  id: 'acme.identity-birthday',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { matcher },
  setup: () => ({ provide: { matcher: birthdayMatcher } }),
})
