import type { PiiConfig, PiiRule } from './config.ts'
import { COVERED, type Cover, hashWith, maskWith, mayBeCovered } from './cover.ts'
import { type Detector, detectors, type Span } from './detectors/detectors.ts'
import { globOf } from './glob.ts'

/** What becomes of a value: `remove`, or it is covered. */
export type Treatment = 'remove' | Cover

/** A place that some path rules may still lead to. */
export interface Place {
  /** The rule that ends here, and its rank. */
  readonly ends: Ranked | undefined
  readonly next: ReadonlyMap<string, Place>
}

export interface Ranked {
  /** Its place in the configuration: of several that name a value the first counts. */
  readonly rank: number
  readonly treatment: Treatment
}

export interface DetectorRule {
  readonly detect: Detector
  readonly treatment: Treatment
  readonly identifiers: boolean
}

/** The rules of a configuration, ready to be asked. */
export interface Rules {
  readonly root: Place
  /** The first key rule of a key; `identifiers`: of those that may touch identifiers. */
  ofKey(key: string, where: 'content' | 'identifiers'): Ranked | undefined
  readonly detectors: readonly DetectorRule[]
}

export function compileRules({ rules, secret }: Pick<PiiConfig, 'rules' | 'secret'>): Rules {
  const hash = hashWith(secret ?? '')
  const treatmentOf = ({ action, show }: PiiRule): Treatment => (action === 'remove' ? 'remove' : action === 'hash' ? hash : maskWith(show))
  const root = growing()
  const keys: { readonly matches: (key: string) => boolean; readonly identifiers: boolean; readonly ranked: Ranked }[] = []
  const detecting: DetectorRule[] = []
  for (const [rank, rule] of rules.entries()) {
    const treatment = treatmentOf(rule)
    if ('path' in rule) plant(root, rule.path, { rank, treatment })
    else if ('key' in rule) keys.push({ matches: globOf(rule.key), identifiers: rule.identifiers, ranked: { rank, treatment } })
    else detecting.push({ detect: detectors[rule.detect], treatment, identifiers: rule.identifiers })
  }
  return {
    root,
    ofKey: (key, where) => keys.find(({ matches, identifiers }) => (where === 'content' || identifiers) && matches(key))?.ranked,
    detectors: detecting,
  }
}

interface Growing extends Place {
  ends: Ranked | undefined
  readonly next: Map<string, Growing>
}

const growing = (): Growing => ({ ends: undefined, next: new Map() })

function plant(root: Growing, path: readonly string[], ranked: Ranked): void {
  let place = root
  for (const step of path) {
    const next = place.next.get(step) ?? growing()
    place.next.set(step, next)
    place = next
  }
  place.ends ??= ranked
}

/** Where paths lead from these places by a key or the place in a list. */
export function placesBehind(places: readonly Place[], step: string): readonly Place[] {
  if (places.length === 0) return places
  return places.flatMap(({ next }) => [next.get(step), next.get('*')].filter((place) => place !== undefined))
}

/** The first of the configuration among those that end here. */
export function firstOf(places: readonly Place[], other: Ranked | undefined): Treatment | undefined {
  let first = other
  for (const { ends } of places) if (ends !== undefined && (first === undefined || ends.rank < first.rank)) first = ends
  return first?.treatment
}

/** What a detector finds in a text, apart from what was covered before. */
export function findIn(text: string, detect: Detector): readonly Span[] {
  if (!mayBeCovered(text)) return detect(text)
  const found: Span[] = []
  let start = 0
  const search = (end: number): void => {
    for (const span of detect(text.slice(start, end))) found.push({ start: start + span.start, end: start + span.end })
  }
  for (const { index, 0: covered } of text.matchAll(COVERED)) {
    search(index)
    start = index + covered.length
  }
  search(text.length)
  return found
}
