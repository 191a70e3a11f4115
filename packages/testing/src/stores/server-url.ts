/**
 * The same server with another database in the path. Text, not `URL`: a Postgres address on a unix socket has a
 * user and no host, which `URL` refuses.
 */
export function withDatabase(url: string, name: string): string {
  const parts = /^([a-z+]+:\/\/[^/?#]*)(?:\/[^?#]*)?(.*)$/.exec(url)
  if (parts === null) throw new TypeError('not the address of a database server')
  const [, server, rest] = parts
  return `${server}/${name}${rest}`
}
