import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ReadRow, Row } from '../mapping/row.ts'
import type { ImportRights } from '../source/allowed.ts'
import { type ImportSource, sourceSchema } from '../source/source.ts'
import { openReader, type Reader } from './open-reader.ts'
import { openPieces } from './pieces.ts'
import { readPiece } from './read-piece.ts'

export interface ReaderUnderTest {
  readonly reader: Reader
  readonly folder: string
  rights: ImportRights
  write(name: string, content: string | Uint8Array): Promise<void>
  /** Everything in a source, in order, and what came out of order behind it. */
  read(
    source: unknown,
    place?: { readonly rows?: number; readonly after?: string; readonly limit?: number; readonly maxFaults?: number },
  ): Promise<readonly ReadRow[]>
  close(): Promise<void>
}

/** A reader with an import folder of its own. */
export async function readerUnderTest(): Promise<ReaderUnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'tenon-import-'))
  const folder = join(dir, 'imports')
  await mkdir(folder)
  const reader = await openReader({ dir: join(dir, 'engine') })
  const test: ReaderUnderTest = {
    reader,
    folder,
    rights: { folder, uploads: folder, hosts: [], connections: new Map() },
    async write(name, content) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), content)
    },
    async read(given, { rows = 0, after, limit, maxFaults = 100 } = {}) {
      const source: ImportSource = sourceSchema.parse(given)
      const found: ReadRow[] = []
      for (const piece of await openPieces(reader, source, test.rights)) {
        const from = { rows, ...(after === undefined ? {} : { after }) }
        for await (const step of readPiece(reader, { piece, from, maxFaults, ...(limit === undefined ? {} : { limit }) }))
          found.push(...step.rows.map(({ read }) => read))
      }
      return found
    },
    async close() {
      await reader.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
  return test
}

export const rowsOf = (found: readonly ReadRow[]): readonly Row[] => found.flatMap((read) => (read.ok ? [read.row] : []))
export const codesOf = (found: readonly ReadRow[]): readonly string[] => found.flatMap((read) => (read.ok ? [] : [read.code]))
