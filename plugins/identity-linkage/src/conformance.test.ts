import { type MatcherSubject, matcherConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { linkageConfig } from './config.ts'
import { linkageMatcher } from './linkage-matcher.ts'

conforms({ describe, it }, matcherConformance, {
  name: 'identity-linkage',
  subject: (): MatcherSubject => ({
    matcher: linkageMatcher(linkageConfig.parse({})),
    kinds: {
      email: 'email',
      phone: 'phone',
      first_name: 'given',
      last_name: 'family',
      birthday: 'date',
      street: 'street',
      city: 'city',
      postcode: 'postcode',
    },
  }),
})
