import { transformationConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { geoConfig } from './config.ts'
import { eventWith } from './event.fixture.ts'
import { geoTransformation } from './geo-transformation.ts'
import { readDatabase } from './read-database.ts'

const locate = await readDatabase(undefined)

for (const ip of ['keep', 'truncate', 'remove'] as const) {
  conforms({ describe, it }, transformationConformance, {
    name: `transform-geo, ip: ${ip}`,
    subject: () => ({
      transformation: geoTransformation(geoConfig.parse({ ip }), locate),
      events: ['8.8.8.8', '114.114.114.114', '2001:4860:4860::8888', '::ffff:8.8.4.4'].map((address, index) =>
        eventWith({ ip: address, locale: 'en' }, `m-${index}`),
      ),
    }),
  })
}
