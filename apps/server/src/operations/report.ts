import type { Manifest } from '@tenon/operations'

/** A backup in a few lines, for people. */
export function describeBackup({ id, version, instant, postgres, clickhouse, log, openElsewhere }: Manifest, folder: string): string {
  const files = [...postgres.tables.map(({ file }) => file), ...clickhouse.tables.flatMap((table) => table.files), ...(log?.files ?? [])]
  const rows = sum([...postgres.tables.map(({ expected }) => expected.rows), ...clickhouse.tables.map((table) => table.rows)])
  const lines = [
    `${folder}: backup ${id} of ${instant}, made by Tenon ${version}`,
    `${count(rows)} rows in ${count(postgres.tables.length + clickhouse.tables.length)} tables, ${count(log === undefined ? 0 : log.until - log.from)} bytes of events that were not stored yet`,
    `${count(files.length)} files, ${count(sum(files.map(({ bytes }) => bytes)))} bytes`,
    ...openElsewhere.map((stream) => `warning: ${stream} has events under way, and its log is not part of this backup`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const count = (number: number): string => number.toLocaleString('en')
