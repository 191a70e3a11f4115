import type { Action, CallContext, Decision, ProfileId, Purpose, PurposeDescription, Receipt } from '@tenon/kernel/contracts'
import type { Panel } from './panel.ts'
import { spoken } from './silence.ts'

/** How one purpose stands for one person: what the law says now, and the last thing the person said. */
export interface ConsentStanding {
  readonly purpose: Purpose
  readonly description?: PurposeDescription
  readonly decision: Decision
  readonly receipt?: Receipt
}

/** What is typically about to be done for a purpose. */
const ACTIONS: Readonly<Record<string, Action>> = Object.freeze({
  collect: 'store',
  profile: 'compute',
  personalise: 'decide',
  benefit: 'decide',
  service: 'send',
  marketing: 'send',
})

export const actionOf = (purpose: Purpose): Action => {
  const root = purpose.split('.', 1)[0] ?? purpose
  return (Object.hasOwn(ACTIONS, root) ? ACTIONS[root] : undefined) ?? 'compute'
}

/** Every purpose that a policy knows or the person spoke about, the known ones first. */
export function standingsOf(
  panel: Panel,
  person: { readonly profile: ProfileId; readonly receipts: readonly Receipt[]; readonly traits: Receipt['evidence'] },
  context: CallContext,
): readonly ConsentStanding[] {
  const decide = panel.sit(context)
  const described = new Map(panel.purposes().map((description) => [description.purpose, description]))
  const purposes = new Set([...described.keys(), ...person.receipts.map(({ purpose }) => purpose)])
  const said = spoken(person.receipts)
  return [...purposes].map((purpose) => {
    const description = described.get(purpose)
    const receipt = said.find((candidate) => candidate.purpose === purpose)
    return Object.freeze({
      purpose,
      decision: decide({ purpose, action: actionOf(purpose), receipts: person.receipts, traits: person.traits }),
      ...(description === undefined ? {} : { description }),
      ...(receipt === undefined ? {} : { receipt }),
    })
  })
}
