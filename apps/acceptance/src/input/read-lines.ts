import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import xz from 'xz-decompress'

/** One line of the file, with the values as they stand there. */
export interface InvoiceLine {
  readonly invoice: string
  readonly product: string
  readonly description: string
  readonly quantity: number
  /** `2010-12-01 08:26:00`. */
  readonly at: string
  readonly price: number
  /** Without the `.0` that the file writes behind it; undefined where the line has no customer. */
  readonly customer: string | undefined
  readonly country: string
}

type Row = readonly [
  invoice: string,
  product: string,
  description: string,
  quantity: string,
  at: string,
  price: string,
  customer: string,
  country: string,
]

/** The first `limit` lines of the compressed file, in its order. Throws where a line is not what the mapping expects. */
export async function readLines(file: string, limit: number): Promise<readonly InvoiceLine[]> {
  const compressed = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>
  const rows: AsyncIterable<Row> = Readable.from(new xz.XzReadableStream(compressed)).pipe(parse({ fromLine: 2 }))
  const lines: InvoiceLine[] = []
  for await (const row of rows) {
    lines.push(lineOf(row, lines.length + 1))
    if (lines.length === limit) break
  }
  return lines
}

function lineOf([invoice, product, description, quantity, at, price, customer, country]: Row, number: number): InvoiceLine {
  const line = { invoice, product, description, quantity: Number(quantity), at, price: Number(price), country }
  if (!Number.isInteger(line.quantity) || !Number.isFinite(line.price) || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(at)) {
    throw new Error(`line ${number} of the file is not an invoice line`)
  }
  return { ...line, customer: customer === '' ? undefined : customer.replace(/\.0$/, '') }
}
