import type { Comparison, Scalar } from './rule.ts'
import { amountOf, type Words } from './words.ts'

const UNITS = { s: '秒', m: '分钟', h: '小时', d: '天', w: '周' } as const

function compare(comparison: Comparison, show: (value: Scalar) => string, date: (text: string) => string): string {
  if ('eq' in comparison) return `为${show(comparison.eq)}`
  if ('ne' in comparison) return `已知且不为${show(comparison.ne)}`
  if ('in' in comparison) return `为${comparison.in.map(show).join('、')}之一`
  if ('notIn' in comparison) return `已知且不为${comparison.notIn.map(show).join('、')}中的任何一个`
  if ('gt' in comparison) return `大于${show(comparison.gt)}`
  if ('gte' in comparison) return `不低于${show(comparison.gte)}`
  if ('lt' in comparison) return `小于${show(comparison.lt)}`
  if ('lte' in comparison) return `不高于${show(comparison.lte)}`
  if ('between' in comparison) return `在${show(comparison.between[0])}到${show(comparison.between[1])}之间`
  if ('contains' in comparison) return `包含${show(comparison.contains)}`
  if ('startsWith' in comparison) return `以${show(comparison.startsWith)}开头`
  if ('endsWith' in comparison) return `以${show(comparison.endsWith)}结尾`
  if ('exists' in comparison) return comparison.exists ? '已知' : '未知'
  if ('before' in comparison) return `早于${date(comparison.before)}`
  if ('after' in comparison) return `晚于${date(comparison.after)}`
  if ('last' in comparison) return `在近${chinese.duration(comparison.last)}内`
  return `已知且不在近${chinese.duration(comparison.notLast)}内`
}

function times(comparison: Comparison): string {
  if ('eq' in comparison) return `恰好${comparison.eq}次`
  if ('gt' in comparison) return `多于${comparison.gt}次`
  if ('gte' in comparison) return `不少于${comparison.gte}次`
  if ('lt' in comparison) return `少于${comparison.lt}次`
  if ('lte' in comparison) return `不多于${comparison.lte}次`
  if ('between' in comparison) return `${comparison.between[0]}到${comparison.between[1]}次`
  return `次数${compare(comparison, String, String)}`
}

export const chinese: Words = {
  always: '任何人',
  and: (parts) => parts.join('，且'),
  or: (parts) => parts.join('，或'),
  not: (part) => `并非（${part}）`,
  group: (part) => `（${part}）`,
  trait: (name) => name,
  tag: (name) => `标签${name}`,
  segment: (name, member) => `${member ? '属于' : '不属于'}${name}`,
  consent: (purpose) => `已同意${purpose}`,
  bucket: (salt, from, to) => `在${salt}的随机分桶${from}到${to}中`,
  compare,
  times,
  did: ({ event, times, where, within }) => `${within}${event}${times}${where}`,
  didNot: ({ event, where, within }) => `${within}未发生${event}${where}`,
  measured: ({ measure, event, where, within }) => `${within}${event}${where}的${measure}`,
  where: (parts) => `且${parts.join('且')}`,
  same: (step) => `与${step}相同`,
  measures: {
    count: '次数',
    days: '天数',
    recency: '距最近一次的秒数',
    streak: '连续天数',
    sum: (path) => `${path}合计`,
    avg: (path) => `${path}平均值`,
    min: (path) => `最低${path}`,
    max: (path) => `最高${path}`,
    distinct: (path) => `不同${path}的个数`,
    first: (path) => `首个${path}`,
    last: (path) => `最近一个${path}`,
    top: (path, n, by) => `${by === undefined ? '' : `按${by}合计`}排名前${n ?? 1}的${path}`,
    nth: (n, of) => `第${n}次的${of ?? '时间'}`,
  },
  ratio: (over, by) => `（${over}）与（${by}）之比`,
  duration: (duration) => {
    const [amount, unit] = amountOf(duration)
    return `${amount}${UNITS[unit]}`
  },
  window: {
    last: (duration) => `近${duration}`,
    days: (days, profileZone) => `${profileZone ? '当地' : ''}${days === 1 ? '今天' : `近${days}个自然日`}`,
    span: (from, to) => `${from === undefined ? '' : `自${from}起`}${to === undefined ? '' : `至${to}前`}`,
    since: (what) => `自${what}以来`,
  },
  sequence: (steps, never, within) => `${within}依次发生${steps.join('，然后')}${never.join('')}`,
  step: ({ event, as, where, within }) =>
    `${within === undefined ? '' : `${within}内`}${event}${as === undefined ? '' : `（${as}）`}${where}`,
  never: ({ event, where, from, to }) => `，${from}与${to}之间没有${event}${where}`,
}
