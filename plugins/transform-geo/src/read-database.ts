import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Reader, type Response } from 'mmdb-lib'
import type { Locate } from './geo-transformation.ts'
import { locationOf } from './location.ts'

/** Reads a database into memory: the configured one, or the free one of countries that comes with this package. */
export async function readDatabase(path: string | undefined): Promise<Locate> {
  const file = path ?? fileURLToPath(import.meta.resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'))
  try {
    const reader = new Reader<Response>(await readFile(file))
    return (address) => locationOf(reader.get(address))
  } catch (error) {
    throw new Error(`the database '${file}' can not be read: ${error instanceof Error ? error.message : 'no MaxMind database'}`, {
      cause: error,
    })
  }
}
