import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const PACKAGES = fileURLToPath(new URL('../../..', import.meta.url))
/** Not those that only tests are. */
const FOLDERS = ['packages', 'plugins', 'apps/server']

/** Reads that do not ask who the person of a row is today: how many there are in a file, and the reason why they need not. */
const READS: Readonly<Record<string, readonly [times: number, reason: string]>> = {
  'backup/backups.ts: ${name}': [2, 'copies tables as they are'],
  'backup/backups.ts: ${source}': [2, 'copies tables as they are'],
  'backup/frozen-tables.ts: ${table}': [1, 'copies tables as they are'],
  'failed/change-failed.ts: ${failedEvents.name}': [2, 'failed events are of nobody'],
  'overrides/reassign-events.ts: ${events.name}': [1, 'looks for stored ids, to write whose their rows are'],
  'packages/import/src/reader/count-rows.ts: ${piece.table}': [2, 'the file that is imported'],
  'packages/import/src/reader/read-csv.ts: ${piece.table}': [1, 'the file that is imported'],
  'packages/import/src/reader/read-lines.ts: ${piece.table}': [1, 'the file that is imported'],
  'plans/found-breaches.ts: events': [1, 'breaches by rule: no person comes into it'],
  'plans/sample-events.ts: events': [1, 'names of events and how many: no person comes into it'],
  'plans/traffic.ts: events': [1, 'names of events and how many: no person comes into it'],
  'reads/counts.ts: events': [2, 'all events and their names, those of nobody included'],
  'reads/events.ts: ${from.source}': [1, 'one of the sources'],
  'reads/stored-messages.ts: events': [1, 'whether a message is stored, whosever it is'],
  'rules/scan-sql.ts: ${from}': [1, 'one of the sources'],
}

/** A table by its name, or by a name out of a variable: what is called as a function, or is the `sql` of a fragment, is no table. */
const NAMED = /\b(?:FROM|JOIN)\s+(?:`|\w+\.)?(events\b|tag_values\b|segment_transitions\b|\$\{(?!\w+\.sql\})[\w.]+\})/g

function* sourcesIn(folder: string): Iterable<string> {
  for (const entry of readdirSync(`${PACKAGES}/${folder}`, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue
    if (entry.isDirectory()) yield* sourcesIn(`${folder}/${entry.name}`)
    else if (/\.ts$/.test(entry.name) && !/\.(?:test|fixture)\.ts$/.test(entry.name)) yield `${folder}/${entry.name}`
  }
}

const textOf = (file: string): string => readFileSync(`${PACKAGES}/${file}`, 'utf8')
const withoutComments = (text: string): string => text.replaceAll(/^\s*(?:\/\*|\*|\/\/).*$/gm, '')

describe('whoever reads events, tags or segments', () => {
  it('starts from the sources, which know who is who today, or is listed here with its reason', () => {
    const own = 'packages/analytics/src/'
    const found = FOLDERS.flatMap((folder) => [...sourcesIn(folder)]).flatMap((file) => {
      if (file === `${own}sources.ts`) return []
      const tables = withoutComments(textOf(file)).matchAll(NAMED)
      return [...tables].map(([, table]) => `${file.replace(own, '')}: ${table}`)
    })
    const times = Object.fromEntries([...Map.groupBy(found, (read) => read)].map(([read, each]) => [read, each.length]))
    expect(times).toEqual(Object.fromEntries(Object.entries(READS).map(([read, [count]]) => [read, count])))
  })
})
