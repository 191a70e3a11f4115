import { randomUUID } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ClickHouseException } from './clickhouse-error.ts'
import { hasOneRowPerLine } from './formats.ts'

/** The rows of an INSERT in a file from which the engine reads them. */
export interface Spooled {
  /** Relative to the working folder. */
  readonly path: string
  readonly bytes: number
  /** Undefined where only a parser of the format can tell. */
  readonly rows: number | undefined
  remove(): Promise<void>
}

const newline = 0x0a
const openingBracket = 0x5b

/**
 * A folder for data on its way into the engine; it becomes the working folder of the process. What an earlier process
 * left in it is removed.
 */
export class Spool {
  readonly #folder: string
  readonly #maxBytes: number

  private constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  static async open(folder: string, maxBytes: number): Promise<Spool> {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    process.chdir(folder)
    return new Spool(folder, maxBytes)
  }

  /**
   * Writes the pieces of `body` as they come: memory does not grow with them.
   *
   * @throws 735 when there are more bytes than an INSERT may have.
   */
  async write(format: string, body: AsyncIterable<Uint8Array>): Promise<Spooled> {
    const name = `${randomUUID()}.data`
    const path = join(this.#folder, name)
    const remove = () => rm(path, { force: true })
    const lines = new LineCounter(format)
    let bytes = 0
    const file = await open(path, 'wx', 0o600)
    try {
      for await (const piece of body) {
        bytes += piece.length
        if (bytes > this.#maxBytes) throw tooLarge(this.#maxBytes)
        lines.add(piece)
        await file.writeFile(piece)
      }
    } catch (error) {
      await file.close()
      await remove()
      throw error
    }
    await file.close()
    return { path: name, bytes, rows: lines.rows(), remove }
  }
}

/** Counts rows without parsing, in formats where a line is a row. */
class LineCounter {
  readonly #countsBlank: boolean
  readonly #mayBeArray: boolean
  #countable: boolean
  #rows = 0
  #last = newline
  #first = true

  constructor(format: string) {
    this.#countable = hasOneRowPerLine(format)
    this.#countsBlank = !format.includes('JSON')
    this.#mayBeArray = format.startsWith('JSON') && !format.startsWith('JSONCompact')
  }

  add(piece: Uint8Array): void {
    if (!this.#countable || piece.length === 0) return
    // JSONEachRow also takes one array of all rows.
    if (this.#first && this.#mayBeArray && piece[0] === openingBracket) this.#countable = false
    this.#first = false
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) {
      const before = at === 0 ? this.#last : piece[at - 1]
      if (this.#countsBlank || before !== newline) this.#rows += 1
    }
    this.#last = piece[piece.length - 1] ?? newline
  }

  rows(): number | undefined {
    return this.#countable ? this.#rows + (this.#last === newline ? 0 : 1) : undefined
  }
}

const tooLarge = (limit: number): ClickHouseException =>
  new ClickHouseException(735, 'QUERY_IS_TOO_LARGE', `The data of an INSERT may not exceed ${limit} bytes: send it in parts`)
