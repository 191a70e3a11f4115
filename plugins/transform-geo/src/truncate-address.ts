import { isIP, SocketAddress } from 'node:net'

/** The network of an address: /24 of IPv4, /48 of IPv6; undefined where the text is no address. */
export function truncateAddress(address: string): string | undefined {
  const plain = plainAddress(address)
  if (plain === undefined) return undefined
  if (isIP(plain) === 4) return `${plain.split('.').slice(0, 3).join('.')}.0`
  const groups = groupsOf(plain)
  return new SocketAddress({ address: `${groups.slice(0, 3).join(':')}::`, family: 'ipv6' }).address
}

/** Without a zone, and of IPv4 in IPv6 the former; undefined where the text is no address. */
export function plainAddress(address: string): string | undefined {
  const [plain = ''] = address.trim().split('%')
  const inner = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(plain)?.[1] ?? plain
  return isIP(inner) === 0 ? undefined : inner
}

/** The groups of an IPv6 address that stand before its gap, with zeros for those that the gap hides. */
function groupsOf(address: string): readonly string[] {
  const [head = ''] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  return [...groups, '0', '0', '0']
}
