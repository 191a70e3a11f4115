import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { MatchRecord } from '@tenon/kernel/contracts'

type Kind = 'name' | 'text' | 'category' | 'date' | 'number' | 'postcode' | 'email'

/** People with the truth about them. Profiles are the lines of the file, from 1. */
export interface LinkageData {
  readonly dataset: string
  /** What each column holds: the only thing that a data set is described by. */
  readonly kinds: Readonly<Record<string, Kind>>
  readonly records: readonly MatchRecord[]
  /** Who a profile is; equal for those who are one person. Only figures look at it. */
  readonly truth: ReadonlyMap<number, string>
}

const FEBRL: Readonly<Record<string, Kind>> = {
  given_name: 'name',
  surname: 'name',
  street_number: 'number',
  address_1: 'text',
  address_2: 'text',
  suburb: 'text',
  postcode: 'postcode',
  state: 'category',
  date_of_birth: 'date',
  soc_sec_id: 'number',
}

const FAKE: Readonly<Record<string, Kind>> = { first_name: 'name', surname: 'name', dob: 'date', city: 'text', email: 'email' }

interface Source {
  readonly dataset: string
  readonly file: string
  readonly kinds: Readonly<Record<string, Kind>>
  /** Who a line is. */
  readonly person: (line: Readonly<Record<string, string>>) => string
}

const febrl = (dataset: string, file: string): Source => ({
  dataset,
  file,
  kinds: FEBRL,
  person: ({ rec_id = '' }) => rec_id.split('-')[1] ?? '',
})

const SOURCES: readonly Source[] = [
  febrl('febrl1', 'identity/febrl/dataset1.csv.gz'),
  febrl('febrl2', 'identity/febrl/dataset2.csv.gz'),
  { dataset: 'fake_1000', file: 'identity/splink/fake_1000.csv', kinds: FAKE, person: ({ cluster = '' }) => cluster },
]

/** The data sets that lie in the folder; each that does not is named to `skipped`. */
export async function readLinkageData(folder: string, skipped: (file: string) => void): Promise<readonly LinkageData[]> {
  const found: LinkageData[] = []
  for (const source of SOURCES) {
    const bytes = await readFile(join(folder, source.file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      skipped(source.file)
    })
    if (bytes !== undefined) found.push(dataOf(source, source.file.endsWith('.gz') ? gunzipSync(bytes) : bytes))
  }
  return found
}

function dataOf({ dataset, kinds, person }: Source, bytes: Uint8Array): LinkageData {
  const lines = linesOf(new TextDecoder().decode(bytes))
  const records = lines.map((line, index): MatchRecord => {
    const values = Object.keys(kinds).flatMap((column) => {
      const value = line[column] ?? ''
      return value === '' ? [] : [[column, [value]] as const]
    })
    return { profile: index + 1, values: Object.fromEntries(values) }
  })
  return { dataset, kinds, records, truth: new Map(lines.map((line, index) => [index + 1, person(line)])) }
}

/** These files quote nothing; febrl puts a space after each comma. */
function linesOf(text: string): readonly Readonly<Record<string, string>>[] {
  const [header, ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((cell) => cell.trim()))
  return rows.map((row) => Object.fromEntries((header ?? []).map((column, index) => [column, row[index] ?? ''])))
}
