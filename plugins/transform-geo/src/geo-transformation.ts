import type { CustomerEvent, Properties, Transformation, TransformOutcome } from '@tenon/kernel/contracts'
import type { GeoConfig } from './config.ts'
import { plainAddress, truncateAddress } from './truncate-address.ts'

/** Where an address is; undefined where nobody knows. Pure: the same database says the same. */
export type Locate = (address: string) => Properties | undefined

const KEPT: TransformOutcome = Object.freeze({ kind: 'kept' })

/** Fills `context.location` from `context.ip`, then keeps, truncates or removes the address. What the client says of its location stays. */
export function geoTransformation({ ip: treatment, after }: Omit<GeoConfig, 'database'>, locate: Locate): Transformation {
  function transform({ context }: CustomerEvent): TransformOutcome {
    if (!Object.hasOwn(context, 'ip')) return KEPT
    const address = typeof context.ip === 'string' ? context.ip : ''
    // Looked up as it will be kept, so that an event that comes again is at the same place.
    const plain = treatment === 'truncate' ? truncateAddress(address) : plainAddress(address)
    const location = plain === undefined || Object.hasOwn(context, 'location') ? undefined : locate(plain)
    const treated = treat(context, treatment, plain)
    if (location === undefined && treated === context) return KEPT
    return { kind: 'changed', parts: { context: location === undefined ? treated : { ...treated, location } } }
  }
  return {
    label: { en: 'Place from the IP address', zh: '由 IP 地址得到地理位置' },
    after,
    transform: async ({ events }) => events.map(transform),
  }
}

/** What is no address is not kept either, unless addresses are: it may be one with something around it. */
function treat(context: Properties, treatment: GeoConfig['ip'], truncated: string | undefined): Properties {
  if (treatment === 'keep' || (treatment === 'truncate' && truncated === context.ip)) return context
  const { ip: _ip, ...rest } = context
  return treatment === 'truncate' && truncated !== undefined ? { ...rest, ip: truncated } : rest
}
