import type { Comparison, Measure, Measured, MeasureKind, Rule, Scalar, Where, Window } from './rule.ts'
import type { Language, Words } from './words.ts'
import { english } from './words-en.ts'
import { chinese } from './words-zh.ts'

/** What people call an event, property, trait, tag, segment or purpose; undefined leaves the name as it is, quoted. */
export type Naming = (what: {
  readonly kind: 'event' | 'property' | 'trait' | 'tag' | 'segment' | 'purpose'
  readonly name: string
}) => string | undefined

/**
 * A rule as a sentence about a person. No part of it is left out.
 *
 * @example
 * ```ts
 * describeRule({ event: 'Order Completed', measure: 'count', gte: 2, within: { last: '30d' } }, 'en')
 * // did “Order Completed” at least 2 times in the last 30 days
 * ```
 */
export function describeRule(rule: Rule, language: Language, naming: Naming = () => undefined): string {
  return sentence(rule, { words: wordsOf(language), naming })
}

/** A measure as a phrase: “the sum of total of Order Completed in the last 30 days”. */
export function describeMeasure(measure: Measure, language: Language, naming: Naming = () => undefined): string {
  return phrase(measure, { words: wordsOf(language), naming })
}

interface Telling {
  readonly words: Words
  readonly naming: Naming
}

const wordsOf = (language: Language): Words => (language === 'zh' ? chinese : english)

const quoted = (text: string): string => `“${text}”`

const show = (value: Scalar): string => (typeof value === 'string' ? quoted(value) : String(value))

function named(kind: Parameters<Naming>[0]['kind'], name: string, { naming }: Telling): string {
  const label = naming({ kind, name })
  if (label !== undefined) return label
  return kind === 'property' || kind === 'trait' ? name : quoted(name)
}

function sentence(rule: Rule, telling: Telling): string {
  const { words } = telling
  if ('always' in rule) return words.always
  if ('and' in rule) return words.and(rule.and.map((one) => part(one, telling)))
  if ('or' in rule) return words.or(rule.or.map((one) => part(one, telling)))
  if ('not' in rule) return negation(rule.not, telling)
  if ('segment' in rule) return words.segment(named('segment', rule.segment, telling), true)
  if ('consent' in rule) return words.consent(named('purpose', rule.consent, telling))
  if ('bucket' in rule) return words.bucket(quoted(rule.bucket.salt), String(rule.bucket.from), String(rule.bucket.to))
  if ('sequence' in rule) return sequence(rule, telling)
  if ('event' in rule && rule.measure === 'count') return counted(rule, telling)
  return spaced(phrase(rule, telling), compared(rule, telling), telling)
}

/** A group inside a group keeps its brackets, so that nobody has to know what binds tighter. */
function part(rule: Rule, telling: Telling): string {
  const text = sentence(rule, telling)
  return 'and' in rule || 'or' in rule ? telling.words.group(text) : text
}

function negation(rule: Rule, telling: Telling): string {
  if ('segment' in rule) return telling.words.segment(named('segment', rule.segment, telling), false)
  return telling.words.not(sentence(rule, telling))
}

function counted(rule: Measured & Comparison, telling: Telling): string {
  const { words } = telling
  const event = named('event', rule.event, telling)
  const where = wheres(rule.where, telling)
  const within = windowed(rule.within, telling)
  if ('eq' in rule && rule.eq === 0) return words.didNot({ event, where, within })
  return words.did({ event, times: words.times(rule), where, within })
}

const compared = (comparison: Comparison, { words }: Telling): string => words.compare(comparison, show, (text) => text)

/** Chinese joins without a space, except where two Latin words would run together. */
const spaced = (left: string, right: string, { words }: Telling): string =>
  words === english || /[\w)\]]$/.test(left) ? `${left} ${right}` : `${left}${right}`

function wheres(where: readonly Where[] | undefined, telling: Telling): string {
  if (where === undefined) return ''
  const one = (condition: Where) => {
    const how = 'same' in condition ? telling.words.same(condition.same) : compared(condition, telling)
    return spaced(named('property', condition.property, telling), how, telling)
  }
  return telling.words.where(where.map(one))
}

function windowed(window: Window | undefined, telling: Telling): string {
  if (window === undefined) return ''
  const { words } = telling
  if ('last' in window) return words.window.last(words.duration(window.last))
  if ('days' in window) return words.window.days(window.days, window.zone === 'profile')
  if (!('since' in window)) return words.window.span(window.from, window.to)
  if ('trait' in window.since) return words.window.since(words.trait(named('trait', window.since.trait, telling)))
  return words.window.since(
    [named('event', window.since.event, telling), wheres(window.since.where, telling)].filter((text) => text !== '').join(' '),
  )
}

function phrase(measure: Measure, telling: Telling): string {
  const { words } = telling
  if ('trait' in measure) return words.trait(named('trait', measure.trait, telling))
  if ('tag' in measure) return words.tag(named('tag', measure.tag, telling))
  if ('ratio' in measure) return words.ratio(phrase(measure.ratio[0], telling), phrase(measure.ratio[1], telling))
  return words.measured({
    measure: kindOf(measure.measure, telling),
    event: named('event', measure.event, telling),
    where: wheres(measure.where, telling),
    within: windowed(measure.within, telling),
  })
}

function kindOf(kind: MeasureKind, telling: Telling): string {
  const { measures } = telling.words
  const property = (path: string) => named('property', path, telling)
  if (typeof kind === 'string') return measures[kind]
  if ('sum' in kind) return measures.sum(property(kind.sum))
  if ('avg' in kind) return measures.avg(property(kind.avg))
  if ('min' in kind) return measures.min(property(kind.min))
  if ('max' in kind) return measures.max(property(kind.max))
  if ('distinct' in kind) return measures.distinct(property(kind.distinct))
  if ('first' in kind) return measures.first(property(kind.first))
  if ('last' in kind) return measures.last(property(kind.last))
  if ('nth' in kind) return measures.nth(kind.nth, kind.of === 'timestamp' ? undefined : property(kind.of))
  return measures.top(property(kind.top), kind.n, kind.by === undefined || kind.by === 'count' ? undefined : property(kind.by.sum))
}

function sequence(rule: Extract<Rule, { readonly sequence: unknown }>, telling: Telling): string {
  const { words } = telling
  const steps = rule.sequence.map((step) =>
    words.step({
      event: named('event', step.event, telling),
      as: step.as,
      where: wheres(step.where, telling),
      within: step.within === undefined ? undefined : words.duration(step.within),
    }),
  )
  const never = (rule.never ?? []).map(({ event, where, between: [from, to] }) =>
    words.never({ event: named('event', event, telling), where: wheres(where, telling), from, to }),
  )
  return words.sequence(steps, never, windowed(rule.within, telling))
}
