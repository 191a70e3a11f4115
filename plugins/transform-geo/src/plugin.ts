import { definePlugin } from '@tenon/kernel'
import { transformation } from '@tenon/kernel/contracts'
import { geoConfig } from './config.ts'
import { geoTransformation, type Locate } from './geo-transformation.ts'
import { readDatabase } from './read-database.ts'

/** Country, region and city of an event, from its IP address. */
export const transformGeo = definePlugin({
  id: 'tenon.transform-geo',
  version: '0.1.0',
  description: 'Country, region and city from the IP address, by a local database; keeps, truncates or removes the address.',
  config: geoConfig,
  needs: {},
  provides: { transformation },
  setup({ config }) {
    let locate: Locate | undefined
    const located: Locate = (address) => {
      if (locate === undefined) throw new Error('the database is not read yet')
      return locate(address)
    }
    return {
      provide: { transformation: geoTransformation(config, located) },
      async start() {
        locate = await readDatabase(config.database)
      },
    }
  },
})
