import { basename } from 'node:path'
import { ImportInvalid, ImportRefused } from '../errors.ts'
import { allowedConnection, allowedFile, allowedObject, allowedUrl, type ImportRights } from '../source/allowed.ts'
import type { Connection } from '../source/connections.ts'
import { type FileForm, formOf } from '../source/format-of.ts'
import { type FileSource, type ImportSource, nameOf, type TableSource } from '../source/source.ts'
import type { Reader, ReaderQuery } from './open-reader.ts'
import { unreadable } from './unreadable.ts'
import { urlFingerprint } from './url-fingerprint.ts'

/** A part of a source that is read on its own: a file, an object, a table. */
export interface Piece {
  readonly name: string
  /** Says whether it is still the same; empty where nothing can tell, and of a table, whose rows are found by their key. */
  readonly fingerprint: string
  /** As it is stored, where that is known. */
  readonly bytes?: number
}

/** How the engine gets at a file, and in which form it is. */
export interface FilePiece extends Piece {
  readonly kind: 'file'
  readonly form: FileForm
  /** A table function that takes the parameters `format` and `structure`. */
  readonly table: string
  readonly params: NonNullable<ReaderQuery['params']>
  readonly secrets: readonly string[]
}

export interface TablePiece extends Piece {
  readonly kind: 'table'
  readonly source: TableSource
  readonly connection: Extract<Connection, { readonly database: string }>
  readonly secrets: readonly string[]
}

export type OpenPiece = FilePiece | TablePiece

const MAX_PIECES = 10_000

/** The parts of a source in the order in which they are read. Refuses what may not be opened. */
export async function openPieces(
  reader: Reader,
  source: ImportSource,
  rights: ImportRights,
  signal?: AbortSignal,
): Promise<readonly OpenPiece[]> {
  if ('table' in source) return [tablePiece(source, rights)]
  if ('file' in source) return [await localPiece(reader, source, source.file, rights.folder)]
  if ('upload' in source) return [await localPiece(reader, source, source.upload, rights.uploads)]
  if ('url' in source) return [await urlPiece(source, rights, signal)]
  return objectPieces(reader, source, rights)
}

function tablePiece(source: TableSource, rights: ImportRights): TablePiece {
  const connection = allowedConnection(rights, source.connection, ['postgres', 'mysql'])
  return { kind: 'table', name: nameOf(source), fingerprint: '', source, connection, secrets: [connection.password] }
}

async function localPiece(reader: Reader, source: FileSource, name: string, folder: string): Promise<FilePiece> {
  const { path, size, modifiedMs } = await allowedFile(folder, name)
  const form = formFor(source, basename(path))
  return {
    ...{ kind: 'file', name, fingerprint: `${size}-${modifiedMs}`, bytes: size, form, secrets: [] },
    table: 'file({path:String}, {format:String}, {structure:String}, {compression:String})',
    params: { path: await reader.link(path), compression: form.compression },
  }
}

async function urlPiece(
  source: Extract<ImportSource, { url: string }>,
  rights: ImportRights,
  signal: AbortSignal | undefined,
): Promise<FilePiece> {
  const url = allowedUrl(rights, source.url)
  const form = formFor(source, basename(new URL(url).pathname))
  const name = nameOf(source)
  const fingerprint = await urlFingerprint({ url, source: name, signal })
  return {
    ...{ kind: 'file', name, fingerprint, form, secrets: [new URL(url).search.slice(1)] },
    table: 'url({url:String}, {format:String}, {structure:String})',
    params: { url },
  }
}

async function objectPieces(
  reader: Reader,
  source: Extract<ImportSource, { object: string }>,
  rights: ImportRights,
): Promise<readonly FilePiece[]> {
  const { endpoint, bucket, accessKey, secretKey } = allowedConnection(rights, source.connection, ['s3'])
  const base = `${endpoint}/${bucket}/`
  const key = accessKey === '' ? 'NOSIGN' : '{accessKey:String}, {secretKey:String}'
  const secrets = [secretKey]
  const params = accessKey === '' ? {} : { accessKey, secretKey }
  const pieces: FilePiece[] = []
  const listing = {
    sql: `SELECT _path, _size, _etag FROM s3({url:String}, ${key}, 'One') ORDER BY _path LIMIT ${MAX_PIECES + 1}`,
    params: { ...params, url: base + allowedObject(source.object) },
  }
  try {
    for await (const rows of reader.rows(listing)) {
      for (const [path = '', size, etag] of rows) {
        const name = String(path).slice(bucket.length + 1)
        // The engine can not be told to take these as they are.
        if (/[{}*?]/.test(name)) throw ImportRefused.create({ source: name, problem: 'the name of an object must not hold any of { } * ?' })
        const form = formFor(source, basename(name))
        pieces.push({
          ...{ kind: 'file', name, fingerprint: `${size}-${etag}`, bytes: Number(size), form, secrets },
          table: `s3({url:String}, ${key}, {format:String}, {structure:String}, {compression:String})`,
          params: { ...params, url: base + name, compression: form.compression },
        })
      }
    }
  } catch (error) {
    throw unreadable(nameOf(source), error, secrets)
  }
  if (pieces.length === 0) throw ImportRefused.create({ source: nameOf(source), problem: 'there is no such object in the bucket' })
  if (pieces.length > MAX_PIECES)
    throw ImportRefused.create({ source: nameOf(source), problem: `there are more than ${MAX_PIECES} objects` })
  return pieces
}

function formFor(source: FileSource, fileName: string): FileForm {
  const form = formOf(source, fileName)
  if (form !== undefined) return form
  const message = `'${fileName}' does not tell its format; say csv, ndjson, json or parquet`
  throw ImportInvalid.create({ errors: [{ path: 'source.format', message }] })
}
