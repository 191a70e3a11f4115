import assert from 'node:assert/strict'
import type { Basket } from '../nouns/basket.ts'
import type { Properties } from '../nouns/json.ts'
import { purposes } from '../nouns/purpose.ts'
import { deepFreeze } from '../suite/deep-freeze.ts'
import { HOSTILE_TEXTS } from '../suite/hostile.ts'
import { sampleContext, sampleDay } from '../suite/sample-context.ts'
import { assertSchema } from '../suite/schema.ts'
import type { Suite } from '../suite/suite.ts'
import { withoutClock } from '../suite/without-clock.ts'
import { outcomeProblem } from './check.ts'
import type { BenefitCommand, BenefitKind, BenefitOutcome, BenefitTransaction, Grant } from './contract.ts'

export interface BenefitSubject {
  readonly kind: BenefitKind
  /** Terms that the schema accepts. */
  readonly terms: Properties
  /** Terms that the schema refuses. */
  readonly badTerms: readonly unknown[]
  /** An order on which a fresh grant under `terms` can be redeemed. */
  readonly basket: Basket
  /** How often one grant can be redeemed on it; 1 where absent. */
  readonly uses?: number
  /** Given with `issue` and `redeem` by kinds with a balance. */
  readonly amount?: number
}

const PROFILE = 7

/** Plays the station for one person and one benefit: keeps grants, draws codes, checks every outcome. */
interface Ledger {
  readonly grants: readonly Grant[]
  apply(command: BenefitCommand, options?: { readonly now?: Date; readonly grants?: readonly Grant[] }): BenefitOutcome
  /** Asks and books; fails where the kind says no. */
  book(command: BenefitCommand, options?: { readonly now?: Date }): BenefitTransaction
}

async function openLedger({ kind, terms }: BenefitSubject): Promise<Ledger> {
  const result = await kind.terms['~standard'].validate(terms)
  assert.equal(result.issues, undefined, 'the schema accepts the terms')
  const parsed: Properties = deepFreeze(result.issues === undefined ? result.value : terms)
  const benefit = deepFreeze({ key: 'acme.sample', kind: kind.kind, label: { en: 'Sample' }, terms: parsed })
  let grants: readonly Grant[] = []
  let drawn = 0
  let transactions = 0

  const apply: Ledger['apply'] = (command, { now = sampleDay(), grants: given = grants } = {}) => {
    const codes = new Set<string>()
    const from = drawn
    const ask = (): BenefitOutcome => {
      drawn = from
      const draw: Parameters<BenefitKind['apply']>[0]['draw'] = (count, shape) =>
        Array.from({ length: count }, () => {
          drawn += 1
          const code = codeOf(drawn, shape)
          codes.add(code)
          return code
        })
      const request = { benefit, grants: deepFreeze(given), profile: PROFILE, command: deepFreeze(command), draw }
      return withoutClock(() => kind.apply(request, sampleContext({ purpose: purposes.benefit, now })))
    }
    const outcome = ask()
    assert.deepEqual(ask(), outcome, 'asking twice gives another outcome')
    assert.equal(outcomeProblem(kind.states, { benefit, grants: given, profile: PROFILE, command }, codes, outcome), undefined)
    return outcome
  }

  return {
    get grants() {
      return grants
    },
    apply,
    book(command, { now = sampleDay() } = {}) {
      const outcome = apply(command, { now })
      assert.ok(outcome.ok, `${command.kind} is refused: ${outcome.ok ? '' : outcome.reason.code}`)
      transactions += 1
      const next = new Map(grants.map((grant) => [grant.id, grant]))
      for (const { grant, ...change } of outcome.changes) {
        const id = grant === 'new' ? `grant-${transactions}-${next.size}` : grant
        const before = next.get(id)
        next.set(id, {
          issuedAt: before?.issuedAt ?? now,
          ...(before?.code === undefined ? {} : { code: before.code }),
          ...change,
          id,
          benefit: benefit.key,
        })
      }
      grants = [...next.values()].filter(({ profile }) => profile === PROFILE)
      return {
        id: `transaction-${transactions}`,
        command: command.kind,
        at: now,
        changes: outcome.changes,
        value: outcome.value,
        cost: outcome.cost,
      }
    },
  }
}

/** `alphabet` digits of a number, so that a code is never drawn twice. */
function codeOf(number: number, { length, alphabet }: { readonly length: number; readonly alphabet: string }): string {
  assert.ok(alphabet.length ** length >= 1e9, 'a code that is this short can be guessed')
  let rest = number * 7_919
  return Array.from({ length }, () => {
    const letter = alphabet[rest % alphabet.length] ?? ''
    rest = Math.floor(rest / alphabet.length)
    return letter
  }).join('')
}

const amountOf = ({ amount }: BenefitSubject) => (amount === undefined ? {} : { amount })
const issue = (subject: BenefitSubject): BenefitCommand => ({ kind: 'issue', why: { campaign: 'sample' }, ...amountOf(subject) })
const redeem = (subject: BenefitSubject, { grants }: Ledger): BenefitCommand => ({
  kind: 'redeem',
  basket: subject.basket,
  ...amountOf(subject),
  ...(grants[0] === undefined ? {} : { grant: grants[0].id }),
})

function useUp(subject: BenefitSubject, ledger: Ledger): readonly BenefitTransaction[] {
  return Array.from({ length: subject.uses ?? 1 }, () => ledger.book(redeem(subject, ledger)))
}

export const benefitConformance = Object.freeze({
  'describes itself': async ({ kind }) => {
    assert.match(kind.kind, /^[a-z][a-z0-9_.-]*$/, 'the kind is lower case')
    assert.ok(kind.states.length > 0 && new Set(kind.states).size === kind.states.length, 'states are different')
    for (const state of [...kind.live, ...kind.ending]) assert.ok(kind.states.includes(state), `'${state}' is a state`)
  },

  'accepts its terms and refuses the rest': async ({ kind, terms, badTerms }) => {
    assert.ok(badTerms.length > 0, 'the subject brings bad terms')
    await assertSchema(kind.terms, { good: [terms], bad: [...badTerms, null, 'text', 42, []] })
  },

  'gives a fresh grant in its first, live state': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    assert.ok(ledger.grants.length > 0, 'the person holds something')
    for (const { state } of ledger.grants) assert.ok(subject.kind.live.includes(state), 'what was just given counts')
  },

  'gives two people codes that differ': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    ledger.book(issue(subject))
    const codes = ledger.grants.flatMap(({ code }) => (code === undefined ? [] : [code]))
    assert.equal(new Set(codes).size, codes.length, 'a code was given twice')
  },

  'is used as often as its terms say, and no more': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    useUp(subject, ledger)
    assert.equal(ledger.apply(redeem(subject, ledger)).ok, false, 'one use too many')
  },

  'gives nothing for nothing': async (subject) => {
    const ledger = await openLedger(subject)
    assert.equal(ledger.apply({ kind: 'redeem', basket: subject.basket, ...amountOf(subject) }).ok, false)
    assert.equal(ledger.apply({ kind: 'redeem', grant: 'unknown', basket: subject.basket, ...amountOf(subject) }).ok, false)
  },

  'gives back what a roll-back takes back': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    const last = useUp(subject, ledger).at(-1)
    assert.ok(last !== undefined)
    ledger.book({ kind: 'roll-back', of: last })
    ledger.book(redeem(subject, ledger))
    assert.equal(ledger.apply(redeem(subject, ledger)).ok, false, 'a roll-back gave more than it took')
  },

  'takes a roll-back of one redemption once': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    const last = useUp(subject, ledger).at(-1)
    assert.ok(last !== undefined)
    ledger.book({ kind: 'roll-back', of: last })
    if (ledger.apply({ kind: 'roll-back', of: last }).ok) ledger.book({ kind: 'roll-back', of: last })
    ledger.book(redeem(subject, ledger))
    assert.equal(ledger.apply(redeem(subject, ledger)).ok, false, 'a second roll-back gave another use')
  },

  'is worth nothing once it has run out': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    const ends = ledger.grants.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt.getTime()]))
    if (ends.length === 0) return
    const after = new Date(Math.max(...ends) + 1_000)
    assert.equal(ledger.apply(redeem(subject, ledger), { now: after }).ok, false, 'an expired grant was redeemed')
  },

  'expires to a state in which it can not be used': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    const ends = ledger.grants.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt.getTime()]))
    if (ends.length === 0) return
    const after = new Date(Math.max(...ends) + 1_000)
    ledger.book({ kind: 'expire' }, { now: after })
    for (const { state } of ledger.grants) assert.ok(!subject.kind.ending.includes(state), 'what has expired would expire again')
    assert.equal(ledger.apply(redeem(subject, ledger)).ok, false)
  },

  'can be held for an order and then used once': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    const hold = ledger.apply({ ...redeem(subject, ledger), kind: 'hold' })
    if (!hold.ok) return
    ledger.book({ ...redeem(subject, ledger), kind: 'hold' })
    useUp(subject, ledger)
    assert.equal(ledger.apply(redeem(subject, ledger)).ok, false, 'a held grant was used twice')
  },

  'answers absurd amounts and orders with a value': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    for (const amount of [-1, 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e300, Number.MAX_SAFE_INTEGER]) {
      ledger.apply({ ...issue(subject), amount } as BenefitCommand)
      ledger.apply({ ...redeem(subject, ledger), amount } as BenefitCommand)
    }
    const { basket } = subject
    for (const odd of [
      { ...basket, total: -1 },
      { ...basket, total: 0, lines: [] },
      { ...basket, currency: 'XXX' },
    ]) {
      ledger.apply({ ...redeem(subject, ledger), basket: odd } as BenefitCommand)
    }
  },

  'answers hostile names with a value': async (subject) => {
    const ledger = await openLedger(subject)
    ledger.book(issue(subject))
    for (const text of HOSTILE_TEXTS) {
      ledger.apply({ kind: 'issue', why: { [text]: text }, ...amountOf(subject) })
      assert.equal(ledger.apply({ kind: 'redeem', grant: text, basket: subject.basket, ...amountOf(subject) }).ok, false)
    }
  },

  'answers every command with or without grants': async (subject) => {
    const ledger = await openLedger(subject)
    const transaction = ledger.book(issue(subject))
    const commands: readonly BenefitCommand[] = [
      issue(subject),
      { kind: 'hold', basket: subject.basket },
      { kind: 'redeem' },
      { kind: 'roll-back', of: transaction },
      { kind: 'transfer', to: 8 },
      { kind: 'expire' },
    ]
    for (const command of commands) for (const grants of [ledger.grants, []]) ledger.apply(command, { grants })
  },
} satisfies Suite<BenefitSubject>)
