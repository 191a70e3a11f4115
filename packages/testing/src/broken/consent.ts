import { type ConsentSubject, consentConformance } from '@tenon/kernel/conformance'
import type { ConsentPolicy, Receipt } from '@tenon/kernel/contracts'
import { z } from 'zod'
import type { Faults } from './faults.ts'

const SIGNAL = z.record(z.string(), z.boolean())

const isAbout = (receipt: Receipt, purpose: string): boolean => purpose === receipt.purpose || purpose.startsWith(`${receipt.purpose}.`)
const isStanding = ({ state, expiresAt }: Receipt, now: Date): boolean =>
  state === 'granted' && (expiresAt === undefined || expiresAt > now)

/** Advertising only to those who said yes; the latest word about the purpose or the whole of it counts. */
const askFirst: ConsentPolicy = {
  jurisdictions: ['*'],
  purposes: [
    { purpose: 'marketing', label: { en: 'Advertising' }, bases: ['consent'] },
    { purpose: 'service', label: { en: 'Service' }, bases: ['contract'] },
  ],
  decide({ purpose, receipts }, { now }) {
    if (purpose === 'service') return { granted: true, basis: 'contract' }
    if (purpose !== 'marketing' && !purpose.startsWith('marketing.'))
      return { granted: false, reason: { code: 'UNKNOWN_PURPOSE', detail: { purpose } } }
    const latest = receipts.find((receipt) => isAbout(receipt, purpose))
    if (latest !== undefined && isStanding(latest, now)) return { granted: true, basis: 'consent', receipt: latest.id }
    return { granted: false, reason: { code: 'NO_CONSENT', detail: { purpose } } }
  },
  stricter(left, right) {
    const ranks = [left, right].map((receipt) => [Number(receipt.state === 'granted'), endOf(receipt), -receipt.at.getTime()] as const)
    const [ours = [0, 0, 0], theirs = [0, 0, 0]] = ranks
    const difference = ours.map((rank, index) => rank - (theirs[index] ?? 0)).find((step) => step !== 0) ?? 0
    return difference <= 0 ? left : right
  },
  interpret({ format, value, at }) {
    const choices = format === 'choices' ? SIGNAL.safeParse(value) : undefined
    if (choices === undefined || !choices.success || Object.keys(choices.data).some((purpose) => purpose !== 'marketing')) return []
    return Object.entries(choices.data).map(([purpose, isGranted]) => ({
      purpose,
      state: isGranted ? ('granted' as const) : ('denied' as const),
      basis: 'consent',
      notice: '1',
      source: 'signal',
      at,
      evidence: {},
    }))
  },
}

const endOf = ({ expiresAt }: Receipt): number => expiresAt?.getTime() ?? Number.MAX_SAFE_INTEGER

const subjectOf = (mutate: (good: ConsentPolicy) => ConsentPolicy) => (): ConsentSubject => ({
  policy: mutate(askFirst),
  purpose: 'marketing',
  part: 'marketing.email',
  signals: [{ format: 'choices', value: { marketing: true }, at: new Date('2026-01-10T00:00:00Z') }],
})

type Decide = ConsentPolicy['decide']

const deciding = (mutate: (decide: Decide) => Decide) => subjectOf((good) => ({ ...good, decide: mutate(good.decide.bind(good)) }))

export const consentFaults: Faults<ConsentSubject> = {
  kind: 'consent',
  suite: consentConformance,
  good: subjectOf((good) => good),
  broken: {
    'says yes unless somebody said no': deciding((decide) => (request, context) => {
      const { receipts, purpose } = request
      return receipts.length === 0 && purpose !== 'acme.unheard-of' ? { granted: true, basis: 'consent' } : decide(request, context)
    }),
    'holds the first word for the last': deciding(
      (decide) => (request, context) => decide({ ...request, receipts: [...request.receipts].reverse() }, context),
    ),
    'forgets that a grant runs out': deciding(
      (decide) => (request, context) =>
        decide({ ...request, receipts: request.receipts.map(({ expiresAt: _expiresAt, ...receipt }) => receipt) }, context),
    ),
    'brings an older grant back when a newer one has run out': deciding(
      (decide) => (request, context) =>
        decide(
          { ...request, receipts: request.receipts.filter((one) => one.state !== 'granted' || isStanding(one, context.now)) },
          context,
        ),
    ),
    'takes a grant of anything for a grant of all': deciding(
      (decide) => (request, context) =>
        decide({ ...request, receipts: request.receipts.map((receipt) => ({ ...receipt, purpose: request.purpose })) }, context),
    ),
    'counts refusals of the very purpose only': deciding(
      (decide) => (request, context) =>
        decide({ ...request, receipts: request.receipts.filter(({ purpose }) => purpose === request.purpose) }, context),
    ),
    'knows every purpose': deciding((decide) => (request, context) => {
      const known = ['marketing', 'service'].some((purpose) => request.purpose === purpose || request.purpose.startsWith(`${purpose}.`))
      return known ? decide(request, context) : { granted: true, basis: 'legitimate-interest' }
    }),
    'looks at the wall clock': deciding((decide) => (request, context) => decide(request, { ...context, now: new Date() })),
    'lets the looser receipt bind': subjectOf((good) => ({
      ...good,
      stricter: (left, right) => (left.state === 'granted' ? left : right),
    })),
    'lets the left receipt bind': subjectOf((good) => ({ ...good, stricter: (left, right) => (right.state === 'granted' ? left : right) })),
    'reads nonsense as a grant': subjectOf((good) => ({
      ...good,
      interpret: ({ at }) => [
        { purpose: 'marketing', state: 'granted', basis: 'consent', notice: '1', source: 'signal', at, evidence: {} },
      ],
    })),
    'fails on a signal that it does not know': subjectOf((good) => ({
      ...good,
      interpret(signal) {
        SIGNAL.parse(signal.value)
        return good.interpret(signal)
      },
    })),
  },
}
