import type { Json, Properties } from '@tenon/kernel/contracts'
import { type DetectorRule, findIn, firstOf, type Place, placesBehind, type Rules } from './rules.ts'

/** Stands for a value that a rule removed. */
const GONE = Symbol('gone')

/** What an event may cost. */
export interface Budget {
  readonly maxDepth: number
  /** Values that may still be looked at. */
  values: number
}

/** An event is deeper or larger than the owner of the rules allows. */
export type TooMuch = 'TOO_DEEP' | 'TOO_MANY_VALUES'

export class BudgetSpent extends Error {
  readonly what: TooMuch
  constructor(what: TooMuch) {
    super(what)
    this.what = what
  }
}

/** An object without what the rules name. What they do not name is the same value, not a copy. */
export function cleanObject(value: Properties, places: readonly Place[], rules: Rules, budget: Budget, depth = 1): Properties {
  let changed = false
  const entries: [string, Json][] = []
  for (const [key, inner] of Object.entries(value)) {
    const behind = placesBehind(places, key)
    const treatment = firstOf(behind, rules.ofKey(key, 'content'))
    // A key is not covered but removed with its value: two masks would become one key.
    const cleaned = speaks(key, rules.detectors)
      ? GONE
      : treatment === undefined
        ? clean(inner, behind, rules, budget, depth)
        : treat(inner, treatment)
    if (cleaned !== inner) changed = true
    if (cleaned !== GONE) entries.push([key, cleaned])
  }
  return changed ? Object.fromEntries(entries) : value
}

function clean(value: Json, places: readonly Place[], rules: Rules, budget: Budget, depth: number): Json | typeof GONE {
  budget.values -= 1
  if (budget.values < 0) throw new BudgetSpent('TOO_MANY_VALUES')
  if (typeof value === 'string') return cleanText(value, rules.detectors)
  if (typeof value === 'number') return cleanNumber(value, rules.detectors)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= budget.maxDepth) throw new BudgetSpent('TOO_DEEP')
  return isList(value) ? cleanList(value, places, rules, budget, depth + 1) : cleanObject(value, places, rules, budget, depth + 1)
}

function cleanList(list: readonly Json[], places: readonly Place[], rules: Rules, budget: Budget, depth: number): readonly Json[] {
  let changed = false
  const kept: Json[] = []
  for (const [index, inner] of list.entries()) {
    const behind = placesBehind(places, String(index))
    const treatment = firstOf(behind, undefined)
    const cleaned = treatment === undefined ? clean(inner, behind, rules, budget, depth) : treat(inner, treatment)
    if (cleaned !== inner) changed = true
    if (cleaned !== GONE) kept.push(cleaned)
  }
  return changed ? kept : list
}

const treat = (value: Json, treatment: DetectorRule['treatment']): Json | typeof GONE =>
  treatment === 'remove' ? GONE : treatment.value(value)

/** A text in which what the detectors find is covered; gone where one of them removes. */
function cleanText(text: string, detectors: readonly DetectorRule[]): string | typeof GONE {
  let cleaned = text
  for (const { detect, treatment } of detectors) {
    const found = findIn(cleaned, detect)
    if (found.length === 0) continue
    if (treatment === 'remove') return GONE
    let covered = ''
    let from = 0
    for (const { start, end } of found) {
      covered += cleaned.slice(from, start) + treatment.piece(cleaned.slice(start, end))
      from = end
    }
    cleaned = covered + cleaned.slice(from)
  }
  return cleaned
}

function cleanNumber(number: number, detectors: readonly DetectorRule[]): Json | typeof GONE {
  // Whole numbers of at least nine digits: no detector knows anything shorter.
  if (!Number.isSafeInteger(number) || number < 100_000_000) return number
  const text = String(number)
  const cleaned = cleanText(text, detectors)
  return cleaned === text ? number : cleaned
}

/** The name of an event, which can not be removed: then a mask stands for it. */
export function cleanName(name: string, detectors: readonly DetectorRule[]): string {
  const cleaned = cleanText(name, detectors)
  return cleaned === GONE || cleaned === '' ? '***' : cleaned
}

/** Whether a text holds what one of the detectors finds. */
export function speaks(text: string, detectors: readonly DetectorRule[]): boolean {
  return detectors.some(({ detect }) => findIn(text, detect).length > 0)
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
