import { type ConsentSubject, consentConformance, sampleDay } from '@tenon/kernel/conformance'
import { describe, it } from 'vitest'
import { createBasicPolicy } from './basic-policy.ts'
import { config } from './config.ts'

const subject: ConsentSubject = {
  policy: createBasicPolicy(config.parse({})),
  purpose: 'marketing',
  part: 'marketing.email',
  signals: [
    { format: 'gpc', value: '1', at: sampleDay() },
    { format: 'segment', value: { categoryPreferences: { Advertising: true, Analytics: false } }, at: sampleDay() },
  ],
}

describe('the consent contract', () => {
  for (const [name, run] of Object.entries(consentConformance)) it(name, () => run(subject))
})
