import type { Measure, Measured, Rule, Window } from './rule.ts'

/** What a rule or measure reads, each sorted and without repeats. `traits` are paths. */
export interface RuleDependencies {
  readonly tags: readonly string[]
  readonly segments: readonly string[]
  readonly traits: readonly string[]
  readonly events: readonly string[]
  readonly consents: readonly string[]
}

type Found = { readonly [K in keyof RuleDependencies]: Set<string> }

const nothing = (): Found => ({ tags: new Set(), segments: new Set(), traits: new Set(), events: new Set(), consents: new Set() })

const sorted = (found: Found): RuleDependencies => {
  const list = (names: ReadonlySet<string>) => Object.freeze([...names].sort())
  return Object.freeze({
    tags: list(found.tags),
    segments: list(found.segments),
    traits: list(found.traits),
    events: list(found.events),
    consents: list(found.consents),
  })
}

export function ruleDependencies(rule: Rule): RuleDependencies {
  const found = nothing()
  ofRule(rule, found)
  return sorted(found)
}

export function measureDependencies(measure: Measure): RuleDependencies {
  const found = nothing()
  ofMeasure(measure, found)
  return sorted(found)
}

function ofRule(rule: Rule, found: Found): void {
  if ('and' in rule) for (const one of rule.and) ofRule(one, found)
  else if ('or' in rule) for (const one of rule.or) ofRule(one, found)
  else if ('not' in rule) ofRule(rule.not, found)
  else if ('segment' in rule) found.segments.add(rule.segment)
  else if ('consent' in rule) found.consents.add(rule.consent)
  else if ('sequence' in rule) {
    for (const step of [...rule.sequence, ...(rule.never ?? [])]) found.events.add(step.event)
    ofWindow(rule.within, found)
  } else if (!('always' in rule) && !('bucket' in rule)) ofMeasure(rule, found)
}

function ofMeasure(measure: Measure, found: Found): void {
  if ('trait' in measure) found.traits.add(measure.trait)
  else if ('tag' in measure) found.tags.add(measure.tag)
  else if ('ratio' in measure) for (const one of measure.ratio) ofMeasured(one, found)
  else ofMeasured(measure, found)
}

function ofMeasured(measured: Measured, found: Found): void {
  found.events.add(measured.event)
  ofWindow(measured.within, found)
}

function ofWindow(window: Window | undefined, found: Found): void {
  if (window === undefined || !('since' in window)) return
  if ('trait' in window.since) found.traits.add(window.since.trait)
  else found.events.add(window.since.event)
}
