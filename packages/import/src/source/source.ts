import { z } from 'zod'

export const formats = ['csv', 'ndjson', 'json', 'parquet'] as const
export type Format = (typeof formats)[number]

const reading = {
  /** By the ending of the name where absent: .csv .tsv .ndjson .jsonl .json .parquet, also behind .gz .zst .xz .bz2 .br. */
  format: z.enum(formats).optional(),
  /** Of csv: one character; a comma where absent, a tab in .tsv. */
  delimiter: z.string().length(1).optional(),
  /** Of csv: whether the first row names the columns; true where absent. Without, columns are c1, c2, … */
  header: z.boolean().optional(),
  /** Of csv, ndjson and json: UTF-8 where absent. */
  encoding: z
    .enum(['utf-8', 'windows-1252', 'iso-8859-1', 'iso-8859-15', 'windows-1250', 'windows-1251', 'gb18030', 'big5', 'shift_jis', 'euc-kr'])
    .optional(),
}

const name = z.string().min(1).max(1_000)
const connection = z.string().regex(/^[a-z][a-z0-9_]*$/, 'the name of a connection, in lower case')

/** Where rows come from. */
export const sourceSchema = z.union([
  z.strictObject({ file: name, ...reading }),
  z.strictObject({ upload: name, ...reading }),
  z.strictObject({ url: name, ...reading }),
  z.strictObject({ connection, object: name, ...reading }),
  z.strictObject({ connection, table: name, schema: name.optional(), key: name }),
])

export type ImportSource = z.output<typeof sourceSchema>
export type FileSource = Extract<ImportSource, { readonly format?: unknown }>
export type TableSource = Extract<ImportSource, { readonly table: string }>

/** How people call it in messages; nothing in it is secret. */
export function nameOf(source: ImportSource): string {
  if ('file' in source) return source.file
  if ('upload' in source) return source.upload
  if ('url' in source) return source.url.replace(/[?#].*$/s, '')
  return `${source.connection}:${'table' in source ? source.table : source.object}`
}
