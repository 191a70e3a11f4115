import { identityConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { identityConfig } from './config.ts'
import { createIdentityRules } from './identity-rules.ts'

conforms({ describe, it }, identityConformance, {
  name: 'identity-rules',
  subject: () => ({
    policy: createIdentityRules(identityConfig.parse({})),
    samples: {
      user_id: { same: ['u-1', ' u-1 '], nobody: ['\u0007'] },
      anonymous_id: { same: ['a-1', 'a-1\n'], nobody: ['x'.repeat(300)] },
      email: { same: ['an@example.com', ' An@EXAMPLE.com '], nobody: ['an', 'an@', '@example.com'] },
      phone: { same: ['+44 20 7946 0123', '+442079460123'], nobody: ['12', '+0'] },
    },
    person: (index: number) => ({ type: 'user_id', value: `person-${index}` }),
  }),
})
