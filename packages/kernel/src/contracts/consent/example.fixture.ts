import { definePlugin } from '@tenon/kernel'
import { type ConsentPolicy, consentPolicy, type Receipt } from '@tenon/kernel/contracts'
import { z } from 'zod'

const PURPOSE = 'marketing'
const looseness = (receipt: Receipt): number => Number(receipt.state === 'granted')
const end = ({ expiresAt }: Receipt): number => expiresAt?.getTime() ?? Number.MAX_SAFE_INTEGER
const byStrictness = (left: Receipt, right: Receipt): number =>
  looseness(left) - looseness(right) || end(left) - end(right) || right.at.getTime() - left.at.getTime() || (left.id < right.id ? -1 : 1)

/** Advertising for those alone who said yes and have not said no since. */
export const optIn: ConsentPolicy = {
  jurisdictions: ['DE', 'AT', 'CH'],
  purposes: [{ purpose: PURPOSE, label: { en: 'Advertising', zh: '营销' }, bases: ['consent'] }],
  decide({ purpose, receipts }, { now }) {
    const said = receipts.find((receipt) => purpose === receipt.purpose || purpose.startsWith(`${receipt.purpose}.`))
    const isOurs = purpose === PURPOSE || purpose.startsWith(`${PURPOSE}.`)
    const isStanding = said?.state === 'granted' && (said.expiresAt === undefined || said.expiresAt > now)
    if (isOurs && isStanding) return { granted: true, basis: 'consent', receipt: said.id }
    return { granted: false, reason: { code: isOurs ? 'NO_CONSENT' : 'UNKNOWN_PURPOSE', detail: { purpose } } }
  },
  stricter: (left, right) => (byStrictness(left, right) <= 0 ? left : right),
  interpret: ({ format, value, at }) =>
    format === 'gpc' && value === '1'
      ? [{ purpose: PURPOSE, state: 'denied', basis: 'consent', notice: 'gpc', source: 'signal', at, evidence: {} }]
      : [],
}

export const optInConsent = definePlugin({
  id: 'acme.consent-opt-in',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { consentPolicy },
  setup: () => ({ provide: { consentPolicy: optIn } }),
})
