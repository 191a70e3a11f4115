import type { Identifier, Owner, ProfileId } from '@tenon/kernel/contracts'
import type { LoggedEvent } from '../accept/logged-event.ts'
import { signalsIn } from '../gate.ts'
import { type Advice, follow, isNo, isResting, NOBODY, type OfPerson, planOf, say, type Work } from './work.ts'

type Signals = ReturnType<typeof signalsIn>

const agrees = ({ purpose, state }: Signals[number]): boolean => purpose === 'collect' && state === 'granted'

/**
 * Whose an event is that goes no further. What it says about consent counts, and nothing else of it: it joins nobody and gives nobody an
 * identifier. A no binds everybody whom it speaks of, a yes only the one whose it would be.
 *
 * Somebody unknown becomes a person only to be remembered for what was said: a no, or what decides whether its content may wait for
 * its repair. One that is halfway through its transformations makes nobody: its identifiers may be those that they take out, and then its
 * person is another one.
 */
export function findStopped(
  { event, keep, isHalfway }: { readonly event: LoggedEvent; readonly keep: 'payload' | 'name'; readonly isHalfway: boolean },
  identifiers: readonly Identifier[],
  work: Work,
  advice: Advice,
): OfPerson {
  const signals = signalsIn(event, advice.gate)
  try {
    const { plan, owners } = planOf(event, identifiers, work, advice)
    switch (plan.kind) {
      case 'anonymous':
        return { profile: NOBODY }
      case 'attach':
        checkKnown([plan.to], owners)
        say(work, plan.to, signals)
        return { profile: plan.to }
      case 'merge':
        checkKnown([plan.into, ...plan.from], owners)
        say(work, plan.into, signals)
        for (const other of plan.from) say(work, other, signals.filter(isNo))
        return { profile: plan.into, also: plan.from }
      case 'create': {
        if (isHalfway) return keep === 'payload' && signals.some(agrees) ? { profile: NOBODY, agrees: true } : { profile: NOBODY }
        if (!signals.some((signal) => keep === 'payload' || isNo(signal))) return { profile: NOBODY }
        const profile = follow(plan, event, work)
        say(work, profile, signals)
        return { profile }
      }
    }
  } catch (error) {
    if (isResting(error)) throw error
    // It is stopped already: then nobody can say whose it is, and what it says itself counts.
    return { profile: NOBODY }
  }
}

function checkKnown(profiles: readonly ProfileId[], owners: readonly Owner[]): void {
  if (!profiles.every((profile) => owners.some((owner) => owner.profile === profile)))
    throw new RangeError('a plan names a profile that is not in the batch')
}
