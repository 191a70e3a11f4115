import type { Figure, Value } from './figures.ts'

const widest = 44

/** A table of all figures, as lines of text. */
export function printFigures(figures: readonly Figure[]): readonly string[] {
  const head = ['figure', 'Tenon', 'expected', 'by', 'equal']
  const rows = figures.map(({ name, tenon, expected, by, equal }) => [name, cell(tenon), cell(expected), by, equal ? 'yes' : 'NO'])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].map((text) => text.trimEnd())
}

function cell(value: Value): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? printNumber(value) : JSON.stringify(value)
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text
}

const printNumber = (value: number): string => value.toLocaleString('en-GB', { maximumFractionDigits: 6 })
