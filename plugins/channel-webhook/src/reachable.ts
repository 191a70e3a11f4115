import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export interface Reach {
  readonly allowHttp: boolean
  readonly allowLoopback: boolean
  readonly allowPrivateNetworks: boolean
}

/** The part of `dns.lookup` that is used. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true; readonly family?: number; readonly hints?: number },
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

const listOf = (...subnets: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [net = '', prefix = ''] = subnet.split('/')
    list.addSubnet(net, Number(prefix), net.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

const LOOPBACK = listOf('127.0.0.0/8', '::1/128')
const PRIVATE = listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7')
/** Nobody receives webhooks here: link-local (metadata services), unspecified, documentation, multicast, and ways to wrap IPv4 in IPv6. */
const NEVER = listOf(
  ...[
    '0.0.0.0/8',
    '169.254.0.0/16',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
  ],
  ...['224.0.0.0/4', '240.0.0.0/4', '::/128', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/32', '2001:db8::/32'],
  ...['2002::/16', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
)

/** Whether requests may go to an IP address. */
export function mayReach(address: string, reach: Reach): boolean {
  const family = isIP(address)
  if (family === 0) return false
  const within = (list: BlockList): boolean => list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  if (within(LOOPBACK)) return reach.allowLoopback
  if (within(PRIVATE)) return reach.allowPrivateNetworks
  return !within(NEVER)
}

/** Why an address can not be a receiver, before anything is resolved; undefined where it can. */
export function urlProblem(text: string, reach: Reach): { readonly reason: 'address' | 'policy'; readonly detail: string } | undefined {
  if (text.length > 2_048 || !URL.canParse(text)) return { reason: 'address', detail: 'not a URL' }
  const { protocol, username, password, hostname } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') return { reason: 'address', detail: 'neither https nor http' }
  if (username !== '' || password !== '') return { reason: 'address', detail: 'credentials in a URL are not sent' }
  if (protocol === 'http:' && !reach.allowHttp) return { reason: 'policy', detail: 'http is not allowed' }
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) !== 0 && !mayReach(host, reach) ? { reason: 'policy', detail: FORBIDDEN } : undefined
}

const FORBIDDEN = 'the address belongs to a network that is not allowed'

export const isForbidden = (error: unknown): boolean => error instanceof Error && error.message === FORBIDDEN

/**
 * Resolves names for a connection and leaves only addresses that may be reached. What was checked is what is connected
 * to, so a name that answers differently the second time gains nothing.
 */
export const guardedLookup =
  (reach: Reach, resolve: Resolve = systemLookup): LookupFunction =>
  (hostname, { family, hints, all }, done) => {
    const kind = family === 4 || family === 'IPv4' ? 4 : family === 6 || family === 'IPv6' ? 6 : 0
    resolve(hostname, { all: true, family: kind, ...(hints === undefined ? {} : { hints }) }, (error, addresses) => {
      if (error !== null) return done(error, [])
      const allowed = addresses.filter(({ address }) => mayReach(address, reach))
      const [first] = allowed
      if (first === undefined) return done(new Error(FORBIDDEN), [])
      return all ? done(null, allowed) : done(null, first.address, first.family)
    })
  }
