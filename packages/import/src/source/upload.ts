import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '@tenon/kernel/contracts'
import { ImportRefused } from '../errors.ts'

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,199}$/u

/** Writes a body as it comes; it has its name once it is whole. Undefined, and nothing is kept, when it is too large. */
export async function saveUpload(request: {
  readonly folder: string
  readonly name: string
  readonly body: AsyncIterable<Uint8Array>
  readonly maxBytes: number
}): Promise<{ readonly upload: string; readonly bytes: number } | undefined> {
  const { folder, name, body, maxBytes } = request
  if (!NAME.test(name))
    throw ImportRefused.create({ source: name.slice(0, 100), problem: 'a name has letters, digits, blanks, dots, - and _' })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `.${randomUUID()}`)
  const file = await open(draft, 'wx', 0o600)
  let bytes = 0
  try {
    for await (const piece of body) {
      bytes += piece.length
      if (bytes > maxBytes) return undefined
      await file.writeFile(piece)
    }
    await file.datasync()
    await rename(draft, join(folder, name))
    return { upload: name, bytes }
  } finally {
    await file.close()
    await rm(draft, { force: true })
  }
}

/** Removes the upload that a source names; nothing for other sources. */
export async function removeUpload(folder: string, source: Json): Promise<void> {
  if (typeof source !== 'object' || source === null || !('upload' in source)) return
  const name = String(source.upload)
  if (NAME.test(name)) await rm(join(folder, name), { force: true })
}
