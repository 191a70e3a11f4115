import { defineError, type ErrorKind } from '@tenon/kernel'

export interface ImportProblem {
  /** Where in the request: `mapping.timestamp.format`, `source.file`. */
  readonly path: string
  readonly message: string
}

export const ImportInvalid = defineError({
  code: 'TENON_IMPORT_INVALID',
  status: 422,
  title: 'The import can not be understood.',
  help: '`errors` in the answer names every part of the source or the mapping that is wrong. The form of both is in the guide to imports. Nothing was read.',
  message: (details: { readonly errors: readonly ImportProblem[] }) =>
    details.errors.map(({ path, message }) => `${path}: ${message}`).join('; '),
})

export const ImportRefused = defineError({
  code: 'TENON_IMPORT_REFUSED',
  status: 422,
  title: 'The source of an import is not allowed or not there.',
  help: 'Files come from the folder that `TENON_IMPORTS` names, addresses from hosts in `TENON_IMPORT_HOSTS`, tables and buckets from connections that the operator has set as `TENON_IMPORT_<NAME>`. Nothing else is opened, whatever it is called.',
  message: (details: { readonly source: string; readonly problem: string }) => `${details.source}: ${details.problem}`,
})

export const ImportUnreadable = defineError({
  code: 'TENON_IMPORT_UNREADABLE',
  status: 422,
  title: 'The source of an import can not be read.',
  help: 'The reader met something that it can not go on from: a damaged file, an archive that is none, a server that does not answer or refuses, a row beyond the limits. What was accepted before stays accepted. Mend the source and resume the import: it goes on where it stopped.',
  message: (details: { readonly source: string; readonly reason: string }) => `${details.source} can not be read: ${details.reason}`,
})

export const ImportSourceChanged = defineError({
  code: 'TENON_IMPORT_SOURCE_CHANGED',
  status: 409,
  title: 'The source of an import changed while it was being read.',
  help: 'A file has another size or date than when the import began, or its server calls it another version, so its rows are no longer where they were. Start the import again under the same key: rows that came before are recognised, and only the others become events.',
  message: (details: { readonly source: string }) => `${details.source} is not what it was when the import began`,
})

export const ImportTooManyFailures = defineError({
  code: 'TENON_IMPORT_TOO_MANY_FAILURES',
  status: 422,
  title: 'Too many rows of an import could not be mapped.',
  help: 'The import stopped: most likely the mapping is wrong, or the file is not what it seems. The rows that failed are in the failed events with stage `import`. Try the mapping with a preview; start again, with more `maxFailures` if the rows really are that bad.',
  message: (details: { readonly failed: number; readonly limit: number }) =>
    `${details.failed} rows could not be mapped, and ${details.limit} are allowed`,
})

export const ImportKeyInvalid = defineError({
  code: 'TENON_IMPORT_KEY_INVALID',
  status: 422,
  title: 'The key column of a table does not tell its rows apart.',
  help: 'An import reads a table in the order of `source.key` and remembers how far it came. So the column must have a value in every row, the same value in no two, and be a whole number, text or a UUID. Name the primary key, or a view that has such a column.',
  message: (details: { readonly column: string; readonly problem: string }) => `column '${details.column}': ${details.problem}`,
})

/** Every kind of error that this package raises; docs/errors is made of it. */
export const errors: readonly ErrorKind<`TENON_${string}`, unknown>[] = [
  ImportInvalid,
  ImportRefused,
  ImportUnreadable,
  ImportSourceChanged,
  ImportTooManyFailures,
  ImportKeyInvalid,
]
