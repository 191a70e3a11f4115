import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDataDir } from './data-dir.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-data-dir-'))
})
afterAll(() => rm(folder, { recursive: true }))

const refusal = (problem: RegExp) =>
  expect.objectContaining({ code: 'TENON_SETTING_INVALID', message: expect.stringMatching(new RegExp(`^TENON_DATA: .*${problem.source}`)) })

it('makes what is missing, and takes what is there', async () => {
  const deep = join(folder, 'a', 'b', 'c')
  await makeDataDir(deep)
  await makeDataDir(deep)
  expect((await stat(deep)).isDirectory()).toBe(true)
})

it('names the setting where there can be no folder', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  await expect(makeDataDir(file)).rejects.toEqual(refusal(/is not a folder/))
  await expect(makeDataDir(join(file, 'below'))).rejects.toEqual(refusal(/ENOTDIR/))
})

// A file system without new folders: recursive making would never end.
it.skipIf(process.platform !== 'linux')('gives up where no folder can be made', async () => {
  await expect(makeDataDir('/proc/tenon/data')).rejects.toEqual(refusal(/ENOENT/))
})
