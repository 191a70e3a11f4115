import { filesOf, type Manifest } from '@tenon/operations'

/** A backup in a few lines, for people. */
export function describeBackup(manifest: Manifest, folder: string): string {
  const { id, version, instant, postgres, clickhouse, openElsewhere } = manifest
  const files = filesOf(manifest)
  const rows = sum([...postgres.tables.map(({ expected }) => expected.rows), ...clickhouse.tables.map((table) => table.rows)])
  const lines = [
    `${folder}: backup ${id} of ${instant}, made by Tenon ${version}`,
    `${count(rows)} rows in ${count(postgres.tables.length + clickhouse.tables.length)} tables, ${waiting(manifest)} that were not stored yet`,
    `${count(files.length)} files, ${count(sum(files.map(({ bytes }) => bytes)))} bytes`,
    ...openElsewhere.map((stream) => `warning: ${stream} has events under way, and its log is not part of this backup`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Of a log of one's own bytes are known, of those of a fleet events. */
function waiting({ log, streams = [] }: Manifest): string {
  if (log !== undefined || streams.length === 0) return `${count(log === undefined ? 0 : log.until - log.from)} bytes of events`
  return `${count(sum(streams.map(({ events }) => events)))} events in ${count(streams.length)} streams`
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const count = (number: number): string => number.toLocaleString('en')
