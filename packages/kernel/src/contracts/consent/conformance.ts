import assert from 'node:assert/strict'
import { isText } from '../check/values.ts'
import type { Properties } from '../nouns/json.ts'
import type { Purpose } from '../nouns/purpose.ts'
import { deepFreeze } from '../suite/deep-freeze.ts'
import { HOSTILE_TEXTS, HOSTILE_VALUES } from '../suite/hostile.ts'
import { sampleContext, sampleDay } from '../suite/sample-context.ts'
import type { Suite } from '../suite/suite.ts'
import { withoutClock } from '../suite/without-clock.ts'
import { decisionProblem, isStricter, receiptProblem } from './check.ts'
import type { Action, ConsentPolicy, Decision, Receipt } from './contract.ts'

export interface ConsentSubject {
  readonly policy: ConsentPolicy
  /** A purpose that rests on consent alone. */
  readonly purpose: Purpose
  /** A part of that purpose, where the policy knows parts: `marketing.email` of `marketing`. */
  readonly part?: Purpose
  /** What is known of a person whom the policy covers and who may consent. */
  readonly traits?: Properties
  /** Signals that the policy understands, each with at least one receipt in it. */
  readonly signals: readonly Parameters<ConsentPolicy['interpret']>[0][]
}

const ACTIONS: readonly Action[] = ['store', 'compute', 'decide', 'send', 'export']

/** `days` before the instant of the cases. */
function receipt(purpose: Purpose, state: Receipt['state'], days: number, overrides: Partial<Receipt> = {}): Receipt {
  return {
    id: `receipt-${purpose}-${state}-${days}`,
    purpose,
    state,
    basis: 'consent',
    notice: '2026-01',
    source: 'sample',
    at: sampleDay(-days),
    evidence: {},
    ...overrides,
  }
}

function decide(
  { policy, traits = {} }: ConsentSubject,
  purpose: Purpose,
  receipts: readonly Receipt[],
  action: Action = 'send',
): Decision {
  const request = deepFreeze({ purpose, action, receipts, traits })
  const context = sampleContext({ purpose })
  const decision = withoutClock(() => policy.decide(request, context))
  assert.equal(decisionProblem(policy, request, context.now, decision), undefined)
  return decision
}

const isGranted = (...question: Parameters<typeof decide>): boolean => decide(...question).granted

export const consentConformance = Object.freeze({
  'describes its purposes': async ({ policy, purpose }) => {
    assert.ok(policy.jurisdictions.length > 0 && policy.jurisdictions.every((code) => code === '*' || /^[A-Z]{2}(-[A-Z0-9]+)?$/.test(code)))
    assert.equal(new Set(policy.purposes.map((described) => described.purpose)).size, policy.purposes.length, 'each purpose once')
    for (const described of policy.purposes) {
      assert.match(described.purpose, /^[a-z][a-z0-9_.-]*$/)
      assert.ok(isText(described.label.en) && described.bases.length > 0, `'${described.purpose}' has a label and a basis`)
    }
    const own = policy.purposes.filter((described) => purpose === described.purpose || purpose.startsWith(`${described.purpose}.`))
    assert.ok(own.length > 0 && own.every(({ bases }) => bases.every((basis) => basis === 'consent')), 'the purpose rests on consent alone')
  },

  'says no without a receipt': async (subject) => {
    for (const action of ACTIONS) assert.equal(isGranted(subject, subject.purpose, [], action), false)
  },

  'says yes to what was granted, and names the receipt': async (subject) => {
    const grant = receipt(subject.purpose, 'granted', 5)
    assert.deepEqual(decide(subject, subject.purpose, [grant]), { granted: true, basis: 'consent', receipt: grant.id })
  },

  'says no to what was denied or withdrawn': async (subject) => {
    const { purpose } = subject
    for (const state of ['denied', 'withdrawn'] as const) {
      assert.equal(isGranted(subject, purpose, [receipt(purpose, state, 3)]), false)
      assert.equal(
        isGranted(subject, purpose, [receipt(purpose, state, 3), receipt(purpose, 'granted', 5)]),
        false,
        `${state} after granted`,
      )
    }
  },

  'follows a new grant after a refusal': async (subject) => {
    const { purpose } = subject
    assert.equal(
      isGranted(subject, purpose, [receipt(purpose, 'granted', 1), receipt(purpose, 'withdrawn', 3), receipt(purpose, 'granted', 5)]),
      true,
    )
  },

  'says no once a grant has run out': async (subject) => {
    const { purpose } = subject
    assert.equal(isGranted(subject, purpose, [receipt(purpose, 'granted', 5, { expiresAt: sampleDay(-1) })]), false)
    assert.equal(isGranted(subject, purpose, [receipt(purpose, 'granted', 5, { expiresAt: sampleDay(1) })]), true)
  },

  'brings no older grant back when a newer one has run out': async (subject) => {
    const { purpose } = subject
    const narrower = receipt(purpose, 'granted', 5, { expiresAt: sampleDay(-1) })
    assert.equal(
      isGranted(subject, purpose, [narrower, receipt(purpose, 'granted', 9)]),
      false,
      'the terms that a merge narrowed are wide again',
    )
    assert.equal(isGranted(subject, purpose, [receipt(purpose, 'granted', 1), narrower]), true, 'a grant after it counts')
  },

  'does not stretch a grant to another purpose': async (subject) => {
    assert.equal(isGranted(subject, subject.purpose, [receipt('something-else', 'granted', 1)]), false)
    assert.equal(isGranted(subject, subject.purpose, [receipt(`${subject.purpose}x`, 'granted', 1)]), false, 'a longer name is not a part')
    if (subject.part !== undefined) {
      assert.equal(isGranted(subject, subject.purpose, [receipt(subject.part, 'granted', 1)]), false, 'a part grants the whole')
    }
  },

  'stops the parts with the whole': async (subject) => {
    if (subject.part === undefined) return
    const receipts = [receipt(subject.purpose, 'withdrawn', 1), receipt(subject.part, 'granted', 5)]
    assert.equal(isGranted(subject, subject.part, receipts), false)
  },

  'says no to a purpose that it does not know': async (subject) => {
    for (const action of ACTIONS) {
      const receipts = [receipt('acme.unheard-of', 'granted', 1)]
      const context = sampleContext({ purpose: 'acme.unheard-of' })
      const request = { purpose: 'acme.unheard-of', action, receipts, traits: subject.traits ?? {} }
      assert.equal(subject.policy.decide(deepFreeze(request), context).granted, false)
    }
  },

  'decides every purpose and action in a valid way': async (subject) => {
    for (const { purpose } of subject.policy.purposes) {
      for (const action of ACTIONS) {
        decide(subject, purpose, [], action)
        for (const state of ['granted', 'denied', 'withdrawn'] as const) decide(subject, purpose, [receipt(purpose, state, 1)], action)
      }
    }
  },

  'decides the same twice': async (subject) => {
    const receipts = [receipt(subject.purpose, 'granted', 1), receipt(subject.purpose, 'denied', 2)]
    assert.deepEqual(decide(subject, subject.purpose, receipts), decide(subject, subject.purpose, receipts))
  },

  'is not moved by hostile traits': async (subject) => {
    for (const text of HOSTILE_TEXTS) {
      const traits = { age: text, country: text, [text]: text }
      assert.equal(isGranted({ ...subject, traits }, subject.purpose, []), false)
    }
  },

  'lets the stricter of two receipts bind, from either side': async ({ policy, purpose }) => {
    const receipts = deepFreeze([
      receipt(purpose, 'granted', 1),
      receipt(purpose, 'granted', 9),
      receipt(purpose, 'granted', 2, { expiresAt: sampleDay(3) }),
      receipt(purpose, 'denied', 4),
      receipt(purpose, 'withdrawn', 6),
    ])
    for (const left of receipts) {
      for (const right of receipts) {
        const chosen = policy.stricter(left, right)
        assert.ok(isStricter(chosen, left, right), `of ${left.state} and ${right.state} it chose ${chosen.state}`)
        assert.equal(policy.stricter(right, left).id, chosen.id, 'the order of the two decides')
      }
    }
  },

  'reads the signals that it understands': async ({ policy, signals }) => {
    for (const signal of signals) {
      const receipts = withoutClock(() => policy.interpret(deepFreeze(signal)))
      assert.ok(receipts.length > 0, `${signal.format} says nothing`)
      for (const found of receipts) assert.equal(receiptProblem(found), undefined)
      assert.deepEqual(
        withoutClock(() => policy.interpret(signal)),
        receipts,
      )
    }
  },

  'finds nothing in a signal that it does not understand': async ({ policy, signals }) => {
    assert.deepEqual(policy.interpret({ format: 'acme.unheard-of', value: { marketing: true }, at: sampleDay() }), [])
    for (const format of [...HOSTILE_TEXTS, ...signals.map((signal) => signal.format)]) {
      for (const value of HOSTILE_VALUES) {
        const receipts = policy.interpret({ format, value, at: sampleDay() })
        for (const found of receipts) assert.equal(receiptProblem(found), undefined)
        assert.ok(!receipts.some(({ state }) => state === 'granted'), 'nonsense is read as a grant')
      }
    }
  },
} satisfies Suite<ConsentSubject>)
