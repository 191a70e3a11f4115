import { transformationConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { userAgentConfig } from './config.ts'
import { CHROME, eventWith, GOOGLEBOT, IPHONE, WECHAT } from './event.fixture.ts'
import { userAgentTransformation } from './user-agent-transformation.ts'

for (const bots of ['keep', 'drop'] as const) {
  conforms({ describe, it }, transformationConformance, {
    name: `transform-user-agent, bots: ${bots}`,
    subject: () => ({
      transformation: userAgentTransformation(userAgentConfig.parse({ bots, remember: 2 })),
      events: [CHROME, IPHONE, WECHAT, GOOGLEBOT].map((userAgent, index) => eventWith({ userAgent, ip: '203.0.113.9' }, `m-${index}`)),
    }),
  })
}
