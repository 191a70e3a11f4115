import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress, createZstdDecompress } from 'node:zlib'
import { BackupCorrupt, BackupFolderTaken, BackupIncomplete } from '../errors.ts'
import { type BackupFile, filesOf, type Manifest, parseManifest, printManifest } from './manifest.ts'

const MANIFEST = 'manifest.json'

/** Where a backup is written. It is one once `finish` has resolved, and never before. */
export interface BackupWriter {
  write(path: string, bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<BackupFile>
  /** Takes back a file that was not worth keeping. */
  remove(file: BackupFile): Promise<void>
  finish(manifest: Manifest): Promise<void>
}

/** A folder that nobody else may read: it holds everything about everybody. Once the signal fires nothing more is written. */
export async function createBackup(folder: string, signal: AbortSignal): Promise<BackupWriter> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw BackupFolderTaken.create({ folder })
  // Two backups into one folder at the same time: one of them makes it.
  await mkdir(join(folder, 'postgres'), { mode: 0o700 }).catch(() => {
    throw BackupFolderTaken.create({ folder })
  })
  return Object.freeze<BackupWriter>({
    async write(path, bytes) {
      const target = join(folder, path)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      const hash = createHash('sha256')
      let length = 0
      const measure = new Transform({
        transform(piece: Buffer, _encoding, done) {
          hash.update(piece)
          length += piece.length
          done(null, piece)
        },
      })
      const out = createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true })
      await pipeline(Readable.from(bytes, { objectMode: false }), createZstdCompress(), measure, out, { signal })
      return { path, bytes: length, sha256: hash.digest('hex') }
    },
    remove: ({ path }) => rm(join(folder, path), { force: true }),
    async finish(manifest) {
      for (const each of new Set(filesOf(manifest).map(({ path }) => dirname(path)))) await sync(join(folder, each))
      const draft = join(folder, `${MANIFEST}.new`)
      await writeFile(draft, printManifest(manifest), { mode: 0o600, flush: true })
      signal.throwIfAborted()
      await rename(draft, join(folder, MANIFEST))
      await sync(folder)
      await sync(dirname(folder))
    },
  })
}

/** A new name is durable once its folder is. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Throws where there is no whole backup. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw BackupIncomplete.create({ folder, problem: `there is no ${MANIFEST}` }, cause)
  })
  return parseManifest(text, path)
}

/** Throws unless the file is there, byte for byte. */
export async function checkFile(folder: string, { path, bytes, sha256 }: BackupFile): Promise<void> {
  const whole = join(folder, path)
  const { size } = await stat(whole).catch((cause: unknown) => {
    throw BackupIncomplete.create({ folder, problem: `${path} is missing` }, cause)
  })
  if (size !== bytes) throw BackupCorrupt.create({ file: whole, problem: `it has ${size} bytes instead of ${bytes}` })
  const hash = createHash('sha256')
  await pipeline(createReadStream(whole), hash)
  if (hash.digest('hex') !== sha256) throw BackupCorrupt.create({ file: whole, problem: 'its checksum does not match' })
}

/** What was written. */
export async function* readFileOf(folder: string, { path }: Pick<BackupFile, 'path'>): AsyncGenerator<Buffer> {
  const unpacked = createZstdDecompress()
  const packed = createReadStream(join(folder, path)).on('error', (error) => unpacked.destroy(error))
  for await (const piece of packed.pipe(unpacked)) yield piece
}
