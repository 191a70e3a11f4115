import type { ConsentPolicy, CustomerEvent, Decision, Logger, Permit } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { createGate, type GateOptions } from './gate.ts'
import { at, contextAt, DENIED, ledgerInMemory, optIn, said } from './ledger.fixture.ts'

const ask = { purpose: 'marketing', action: 'send' } as const
const now = at(100)

const gateOf = (policies: Readonly<Record<string, ConsentPolicy>>, over: Partial<GateOptions> = {}) => {
  const store = ledgerInMemory()
  const gate = createGate({ store, policies: new Map(Object.entries(policies)), clock: { now: () => now }, ...over })
  return { store, gate }
}

const grant = async ({ gate }: ReturnType<typeof gateOf>, profile: number, workspace = 'w') => gate.record(workspace, profile, [said()])

describe('decide', () => {
  it('answers for every profile in one look at the ledger', async () => {
    const { store, gate } = gateOf({ basic: optIn() })
    await gate.record('w', 1, [said()])
    const before = store.reads()
    const decisions = await gate.decide({ ...ask, profiles: [1, 2, 3, 1] }, contextAt(now))
    expect([...decisions].map(([profile, { granted }]) => [profile, granted])).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ])
    expect(store.reads() - before).toBe(1)
  })

  it('denies where there is no policy', async () => {
    const subject = gateOf({})
    expect((await subject.gate.decide({ ...ask, profiles: [1] }, contextAt(now))).get(1)).toMatchObject({
      granted: false,
      reason: { code: 'NO_POLICY' },
    })
  })

  it('needs every policy to grant', async () => {
    const subject = gateOf({ basic: optIn(), strict: optIn({ decide: () => DENIED }) })
    await grant(subject, 1)
    expect((await subject.gate.decide({ ...ask, profiles: [1] }, contextAt(now))).get(1)).toEqual(DENIED)
  })

  it('keeps workspaces apart', async () => {
    const subject = gateOf({ basic: optIn() })
    await grant(subject, 1, 'one')
    const granted = async (workspace: string) =>
      (await subject.gate.decide({ ...ask, profiles: [1] }, contextAt(now, workspace))).get(1)?.granted
    expect([await granted('one'), await granted('two')]).toEqual([true, false])
  })

  it('knows nobody under an impossible number', async () => {
    const { gate } = gateOf({ lax: optIn({ decide: () => ({ granted: true, basis: 'contract' }) }) })
    const decisions = await gate.decide({ ...ask, profiles: [-1, 1.5, Number.NaN, 2 ** 60] }, contextAt(now))
    expect([...decisions.values()].map(({ granted }) => granted)).toEqual([false, false, false, false])
  })

  it('is an error, not a no, while the ledger can not be read', async () => {
    const store = {
      in: () => ({
        holding: () => Promise.reject(new Error('away')),
        consents: {
          record: () => Promise.reject(new Error('away')),
          of: () => Promise.reject(new Error('away')),
          kept: () => Promise.reject(new Error('away')),
          profilesWith: async function* () {},
        },
      }),
    }
    const { gate } = gateOf({ basic: optIn() }, { store })
    await expect(gate.decide({ ...ask, profiles: [1] }, contextAt(now))).rejects.toThrow('away')
    await expect(gate.permits({ ...ask, profiles: [1] }, contextAt(now))).rejects.toThrow('away')
  })

  it('asks only the laws of the country where it is known, and all where it is not', async () => {
    const traits = async () =>
      new Map([
        [1, { country: 'DE' }],
        [2, { country: 'CN' }],
        [3, { country: 'BR' }],
      ])
    const subject = gateOf(
      { gdpr: optIn({ jurisdictions: ['DE'] }), pipl: optIn({ jurisdictions: ['CN'], decide: () => DENIED }) },
      { traits },
    )
    for (const profile of [1, 2, 3, 4]) await grant(subject, profile)
    const decisions = await subject.gate.decide({ ...ask, profiles: [1, 2, 3, 4] }, contextAt(now))
    expect([...decisions.values()].map(({ granted }) => granted)).toEqual([true, false, false, false])
  })
})

describe('a policy that misbehaves', () => {
  const evil: Readonly<Record<string, ConsentPolicy['decide']>> = {
    throws: () => {
      throw new Error('no')
    },
    'answers nothing': () => JSON.parse('null'),
    'answers truth': () => JSON.parse('true'),
    'answers something that looks true': () => JSON.parse('{"granted":"true","basis":"consent"}'),
    'answers without a basis': () => JSON.parse('{"granted":true}'),
    'answers with an empty basis': () => ({ granted: true, basis: '' }),
    'answers a promise': () => Object.assign(Promise.resolve({ granted: true, basis: 'consent' }), JSON.parse('{}')),
    'answers with a trap': () =>
      Object.defineProperty(JSON.parse('{}'), 'granted', {
        get: () => {
          throw new Error('trap')
        },
      }),
    'denies without a reason': () => JSON.parse('{"granted":false}'),
  }

  it.each(Object.keys(evil))('%s: the answer is no, and it is logged once for the batch', async (name) => {
    const lines: unknown[] = []
    const note = (message: string, fields?: object): void => void lines.push({ message, ...fields })
    const logger: Logger = { debug: note, info: note, warn: note, error: note }
    const decide = evil[name] ?? (() => DENIED)
    const subject = gateOf({ basic: optIn(), evil: optIn({ decide }) }, { logger })
    for (const profile of [1, 2]) await grant(subject, profile)
    const decisions = await subject.gate.decide({ ...ask, profiles: [1, 2] }, contextAt(now))
    expect([...decisions.values()]).toEqual([
      { granted: false, reason: { code: 'POLICY_FAILED', detail: { policy: 'evil' } } },
      { granted: false, reason: { code: 'POLICY_FAILED', detail: { policy: 'evil' } } },
    ])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ instance: 'evil' })
  })

  it('is slow: the answer is no, and the rest of the batch does not wait for it', async () => {
    let clock = 0
    let asked = 0
    const decide = (): Decision => {
      asked++
      clock += 2_000
      return { granted: true, basis: 'contract' }
    }
    const { gate } = gateOf({ slow: optIn({ decide }) }, { elapsed: () => clock })
    const decisions = await gate.decide({ ...ask, profiles: [1, 2, 3] }, contextAt(now))
    expect([...decisions.values()].map(({ granted }) => granted)).toEqual([false, false, false])
    expect(asked).toBe(1)
  })

  it('rewrites the receipts: the next policy sees them as they are', async () => {
    const forge: ConsentPolicy['decide'] = ({ receipts }) => {
      for (const receipt of receipts) Object.assign(receipt, { state: 'granted' }).at.setTime(0)
      return { granted: true, basis: 'consent' }
    }
    const subject = gateOf({ evil: optIn({ decide: forge }), basic: optIn() })
    await subject.gate.record('w', 1, [said({ state: 'denied' })])
    expect((await subject.gate.decide({ ...ask, profiles: [1] }, contextAt(now))).get(1)?.granted).toBe(false)
    expect((await subject.gate.decide({ ...ask, profiles: [1] }, contextAt(now))).get(1)?.granted).toBe(false)
  })

  it('changes its answer after it was given: the first one stands', async () => {
    const answer: { granted: true; basis: string } = { granted: true, basis: 'consent' }
    const subject = gateOf({ evil: optIn({ decide: () => answer }) })
    const decision = (await subject.gate.decide({ ...ask, profiles: [1] }, contextAt(now))).get(1)
    answer.basis = 'forged'
    expect(decision).toEqual({ granted: true, basis: 'consent' })
  })
})

describe('permits', () => {
  const use = { workspace: 'w', ...ask, now }
  const permitFor = async (profile: number) => {
    const subject = gateOf({ basic: optIn() })
    await grant(subject, profile)
    const permit = (await subject.gate.permits({ ...ask, profiles: [profile] }, contextAt(now))).get(profile)
    if (permit === undefined) throw new Error('expected a permit')
    return { ...subject, permit }
  }

  it('are given to those who may, and to nobody else', async () => {
    const subject = gateOf({ basic: optIn() })
    await grant(subject, 1)
    const permits = await subject.gate.permits({ ...ask, profiles: [0, 1, 2] }, contextAt(now))
    expect([...permits.keys()]).toEqual([1])
    expect(permits.get(1)).toMatchObject({ workspace: 'w', profile: 1, purpose: 'marketing', action: 'send', basis: 'consent' })
  })

  it('are accepted for exactly what they were given for', async () => {
    const { gate, permit } = await permitFor(1)
    expect(gate.accepts(permit, use)).toBe(true)
    expect(gate.accepts(permit, { ...use, workspace: 'other' })).toBe(false)
    expect(gate.accepts(permit, { ...use, purpose: 'marketing.email' })).toBe(false)
    expect(gate.accepts(permit, { ...use, action: 'export' })).toBe(false)
  })

  it('can not be copied, written, or taken from another gate', async () => {
    const { gate, permit } = await permitFor(1)
    const other = await permitFor(1)
    const forged: readonly Permit[] = [{ ...permit }, structuredClone(permit), Object.create(permit), new Proxy(permit, {}), other.permit]
    expect(forged.map((copy) => gate.accepts(copy, use))).toEqual([false, false, false, false, false])
    expect(gate.accepts(permit, use)).toBe(true)
  })

  it('can not be changed, nor made younger', async () => {
    const { gate, permit } = await permitFor(1)
    expect(() => Object.assign(permit, { purpose: 'marketing.email' })).toThrow(TypeError)
    permit.decidedAt.setTime(at(1_000).getTime())
    expect(gate.accepts(permit, { ...use, now: at(1_000) })).toBe(false)
  })

  it('age', async () => {
    const { gate, permit } = await permitFor(1)
    expect(gate.accepts(permit, { ...use, now: at(110) })).toBe(true)
    expect(gate.accepts(permit, { ...use, now: new Date(at(110).getTime() + 1) })).toBe(false)
    expect(gate.accepts(permit, { ...use, now: new Date(Number.NaN) })).toBe(false)
  })

  it('rest on the real time, not on the instant that a caller looks at', async () => {
    const lapsed = optIn({ decide: (_, context) => (context.now < at(50) ? { granted: true, basis: 'consent' } : DENIED) })
    const { gate } = gateOf({ lapsed })
    expect((await gate.decide({ ...ask, profiles: [1] }, contextAt(at(10)))).get(1)?.granted).toBe(true)
    expect((await gate.permits({ ...ask, profiles: [1] }, contextAt(at(10)))).size).toBe(0)
  })
})

describe('population', () => {
  it('is everybody but those who objected, or only those who agreed', async () => {
    const optOut = optIn({ decide: ({ receipts }) => (receipts[0]?.state === 'denied' ? DENIED : { granted: true, basis: 'contract' }) })
    for (const [policy, expected] of [
      [optIn(), { default: false, exceptions: [1] }],
      [optOut, { default: true, exceptions: [2] }],
    ] as const) {
      const { gate } = gateOf({ policy })
      await gate.record('w', 1, [said()])
      await gate.record('w', 2, [said({ state: 'denied' })])
      expect(await gate.population({ workspace: 'w', ...ask })).toEqual(expected)
    }
  })

  it('is nobody without a policy', async () => {
    const { gate } = gateOf({})
    expect(await gate.population({ workspace: 'w', ...ask })).toEqual({ default: false, exceptions: [] })
  })
})

describe('record', () => {
  it('keeps all or nothing, and names what is wrong', async () => {
    const { gate } = gateOf({ basic: optIn() })
    const outcome = await gate.record('w', 1, [said(), said({ purpose: 'marketting' }), said({ at: new Date(Number.NaN), basis: '' })])
    expect(outcome.ok ? [] : outcome.problems.map(({ path }) => path)).toEqual(['[1].purpose', '[2].basis', '[2].at'])
    expect((await gate.decide({ ...ask, profiles: [1] }, contextAt(now))).get(1)?.granted).toBe(false)
  })

  it('keeps nothing that would never have held', async () => {
    const { gate } = gateOf({ basic: optIn() })
    for (const expiresAt of [at(4), at(5)]) {
      expect(await gate.record('w', 1, [said({ at: at(5), expiresAt })])).toMatchObject({
        ok: false,
        problems: [{ path: '[0].expiresAt' }],
      })
    }
    expect(await gate.record('w', 1, [said({ at: at(5), expiresAt: at(6) })])).toEqual({ ok: true })
  })

  it('turns a time from the future back to now', async () => {
    const { gate } = gateOf({ basic: optIn() })
    await gate.record('w', 1, [said({ at: at(9_999) })])
    expect((await gate.consentsOf('w', 1))[0]?.receipt?.at).toEqual(now)
  })
})

describe('consentsOf', () => {
  it('shows every known purpose with its decision, and what the person said about others', async () => {
    const { gate } = gateOf({ basic: optIn() })
    await gate.record('w', 1, [said({ purpose: 'marketing.email' })])
    expect(await gate.consentsOf('w', 1)).toMatchObject([
      { purpose: 'marketing', description: { label: { en: 'Advertising' } }, decision: { granted: true } },
      { purpose: 'marketing.email', receipt: { state: 'granted' } },
    ])
  })
})

describe('interpretEvent', () => {
  const event: CustomerEvent = {
    messageId: 'm1',
    source: 'web',
    type: 'track',
    name: 'Product Viewed',
    identifiers: [],
    properties: {},
    traits: {},
    context: { gpc: '1' },
    timestamp: at(7),
    receivedAt: at(8),
  }

  it('turns signals of the context into receipts with evidence', () => {
    const { gate } = gateOf({ basic: optIn() })
    expect(gate.interpretEvent(event)).toEqual([
      said({ state: 'denied', source: 'signal:gpc', at: at(7), evidence: { source: 'web', messageId: 'm1' } }),
    ])
    expect(gate.interpretEvent({ ...event, context: {} })).toEqual([])
  })

  it('does not believe a clock that runs ahead', () => {
    const { gate } = gateOf({ basic: optIn() })
    expect(gate.interpretEvent({ ...event, timestamp: at(9_999) })[0]?.at).toEqual(at(8))
  })

  it('goes on with the other policies when one fails', () => {
    const broken = optIn({
      interpret: () => {
        throw new Error('broken')
      },
    })
    const { gate } = gateOf({ broken, basic: optIn() })
    expect(gate.interpretEvent(event)).toHaveLength(1)
  })
})

describe('beforeMerge', () => {
  it('lets the no of one history bind against a newer yes of the other', async () => {
    const { store, gate } = gateOf({ basic: optIn() })
    await gate.record('w', 1, [said({ state: 'denied', at: at(1) })])
    await gate.record('w', 2, [said({ at: at(50) })])
    await gate.beforeMerge(store.in('w'), { into: 2, from: [1], at: at(60) })
    expect((await gate.consentsOf('w', 2))[0]).toMatchObject({
      decision: { granted: false },
      receipt: { state: 'denied', source: 'merge' },
    })
  })

  it('writes nothing where the newest is the stricter one, or only one of them spoke', async () => {
    const { store, gate } = gateOf({ basic: optIn() })
    await gate.record('w', 1, [said({ at: at(1) }), said({ purpose: 'marketing.sms' })])
    await gate.record('w', 2, [said({ state: 'withdrawn', at: at(50) })])
    await gate.beforeMerge(store.in('w'), { into: 2, from: [1], at: at(60) })
    expect((await gate.consentsOf('w', 2)).map(({ receipt }) => receipt?.source)).toEqual(['test'])
  })

  it('does for each of many merges what it does for one', async () => {
    const { store, gate } = gateOf({ basic: optIn() })
    for (const profile of [1, 3]) await gate.record('w', profile, [said({ state: 'denied', at: at(profile) })])
    for (const profile of [2, 4, 6]) await gate.record('w', profile, [said({ at: at(50) })])
    await gate.beforeMerges(
      store.in('w'),
      [
        { into: 2, from: [1] },
        { into: 4, from: [3] },
        { into: 6, from: [5] },
      ].map((merge) => ({ ...merge, at: at(60) })),
    )
    const standing = await Promise.all([2, 4, 6].map(async (profile) => (await gate.consentsOf('w', profile))[0]?.receipt))
    expect(standing.map((receipt) => [receipt?.state, receipt?.source])).toEqual([
      ['denied', 'merge'],
      ['denied', 'merge'],
      ['granted', 'test'],
    ])
  })
})
