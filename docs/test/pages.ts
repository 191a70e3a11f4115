import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

/** A Markdown page, by its path from the root of the repository. */
export interface Page {
  readonly path: string
  readonly text: string
}

const foreign = ['node_modules', '.tools', '.git', '.turbo', 'dist', '.tenon']

/** All pages that match, without those of dependencies. */
export async function readPages(...patterns: readonly string[]): Promise<readonly Page[]> {
  const found = glob([...patterns], { cwd: root, exclude: (path: string) => foreign.some((name) => path.split('/').includes(name)) })
  const paths: string[] = []
  for await (const path of found) paths.push(path)
  return Promise.all(paths.sort().map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })))
}

export const readPage = async (path: string): Promise<Page> => ({ path, text: await readFile(join(root, path), 'utf8') })

/** The rows of the table that begins with these headings, cells trimmed. */
export function tableOf({ text, path }: Page, headings: readonly string[]): readonly (readonly string[])[] {
  const lines = text.split('\n')
  const head = lines.findIndex((line) => cellsOf(line).join('|') === headings.join('|'))
  if (head < 0) throw new Error(`${path} has no table of ${headings.join(', ')}`)
  const rows: (readonly string[])[] = []
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break
    rows.push(cellsOf(line))
  }
  return rows
}

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

/** The words between backticks. */
export const codeIn = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? '')
