import { transformationConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { piiConfig } from './config.ts'
import { eventWith } from './event.fixture.ts'
import { piiTransformation } from './pii-transformation.ts'

const events = [
  eventWith({ traits: { email: 'An@Example.com', phone: '+49 89 1234567', plan: 'gold' } }),
  eventWith({ properties: { note: 'card 4111 1111 1111 1111, mail an@example.com', ssn: '078-05-1120' } }),
  eventWith({ context: { page: { url: 'https://shop.example/?email=an%40example.com' } }, traits: { 'an@example.com': true } }),
]

for (const action of ['remove', 'mask', 'hash'] as const) {
  conforms({ describe, it }, transformationConformance, {
    name: `transform-pii, ${action}`,
    subject: () => ({
      transformation: piiTransformation(
        piiConfig.parse({
          rules: [
            { path: 'traits.email', action, ...(action === 'mask' ? { show: 4 } : {}) },
            { key: 'ssn', action, identifiers: action !== 'mask' },
            ...['email', 'phone', 'card', 'iban', 'national-id'].map((detect) => ({ detect, action, identifiers: action !== 'mask' })),
          ],
          secret: 'a secret of many letters',
        }),
      ),
      events,
    }),
  })
}
