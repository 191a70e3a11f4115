import type { Comparison, Scalar } from './rule.ts'
import { amountOf, type Words } from './words.ts'

const UNITS = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' } as const

const spaced = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ')

const plural = (amount: string | number, unit: string): string => (String(amount) === '1' ? unit : `${amount} ${unit}s`)

function compare(comparison: Comparison, show: (value: Scalar) => string, date: (text: string) => string): string {
  if ('eq' in comparison) return `is ${show(comparison.eq)}`
  if ('ne' in comparison) return `is known and not ${show(comparison.ne)}`
  if ('in' in comparison) return `is one of ${comparison.in.map(show).join(', ')}`
  if ('notIn' in comparison) return `is known and none of ${comparison.notIn.map(show).join(', ')}`
  if ('gt' in comparison) return `is more than ${show(comparison.gt)}`
  if ('gte' in comparison) return `is ${show(comparison.gte)} or more`
  if ('lt' in comparison) return `is less than ${show(comparison.lt)}`
  if ('lte' in comparison) return `is ${show(comparison.lte)} or less`
  if ('between' in comparison) return `is between ${show(comparison.between[0])} and ${show(comparison.between[1])}`
  if ('contains' in comparison) return `contains ${show(comparison.contains)}`
  if ('startsWith' in comparison) return `starts with ${show(comparison.startsWith)}`
  if ('endsWith' in comparison) return `ends with ${show(comparison.endsWith)}`
  if ('exists' in comparison) return comparison.exists ? 'is known' : 'is not known'
  if ('before' in comparison) return `is before ${date(comparison.before)}`
  if ('after' in comparison) return `is after ${date(comparison.after)}`
  if ('last' in comparison) return `is in the last ${english.duration(comparison.last)}`
  return `is known and not in the last ${english.duration(comparison.notLast)}`
}

function times(comparison: Comparison): string {
  const count = (n: Scalar) => (n === 1 ? 'once' : `${n} times`)
  if ('eq' in comparison) return `exactly ${count(comparison.eq)}`
  if ('gt' in comparison) return `more than ${count(comparison.gt)}`
  if ('gte' in comparison) return `at least ${count(comparison.gte)}`
  if ('lt' in comparison) return `less than ${count(comparison.lt)}`
  if ('lte' in comparison) return `at most ${count(comparison.lte)}`
  if ('between' in comparison) return `${comparison.between[0]} to ${comparison.between[1]} times`
  return `a number of times that ${compare(comparison, String, String)}`
}

export const english: Words = {
  always: 'is anybody',
  and: (parts) => parts.join(', and '),
  or: (parts) => parts.join(', or '),
  not: (part) => `it is not so that (${part})`,
  group: (part) => `(${part})`,
  trait: (name) => name,
  tag: (name) => `tag ${name}`,
  segment: (name, member) => `${member ? 'is' : 'is not'} in ${name}`,
  consent: (purpose) => `has agreed to ${purpose}`,
  bucket: (salt, from, to) => `is in the random share ${from} to ${to} of ${salt}`,
  compare,
  times,
  did: ({ event, times, where, within }) => spaced(`did ${event}`, times, within, where),
  didNot: ({ event, where, within }) => spaced(`did not do ${event}`, within, where),
  measured: ({ measure, event, where, within }) => spaced(`${measure} of ${event}`, within, where),
  where: (parts) => `whose ${parts.join(' and ')}`,
  same: (step) => `is the same as ${step}`,
  measures: {
    count: 'the number',
    days: 'the number of days',
    recency: 'the seconds since the last',
    streak: 'the days in a row',
    sum: (path) => `the sum of ${path}`,
    avg: (path) => `the average of ${path}`,
    min: (path) => `the lowest ${path}`,
    max: (path) => `the highest ${path}`,
    distinct: (path) => `the number of different ${path}`,
    first: (path) => `the first ${path}`,
    last: (path) => `the last ${path}`,
    top: (path, n, by) =>
      spaced(n === undefined ? `the top ${path}` : `the top ${n} ${path}`, by === undefined ? '' : `by the sum of ${by}`),
    nth: (n, of) => (of === undefined ? `the time of number ${n}` : `${of} of number ${n}`),
  },
  ratio: (over, by) => `the ratio of (${over}) to (${by})`,
  duration: (duration) => {
    const [amount, unit] = amountOf(duration)
    return plural(amount, UNITS[unit])
  },
  window: {
    last: (duration) => `in the last ${duration}`,
    days: (days, profileZone) => spaced(days === 1 ? 'today' : `in the last ${days} calendar days`, profileZone ? 'where they live' : ''),
    span: (from, to) => spaced(from === undefined ? '' : `from ${from}`, to === undefined ? '' : `until before ${to}`),
    since: (what) => `since ${what}`,
  },
  sequence: (steps, never, within) => spaced(`did in this order ${within}`.trimEnd(), `${steps.join(', then ')}${never.join('')}`),
  step: ({ event, as, where, within }) =>
    spaced(event, as === undefined ? '' : `(${as})`, within === undefined ? '' : `within ${within}`, where),
  never: ({ event, where, from, to }) => `, without ${spaced(event, where)} between ${from} and ${to}`,
}
