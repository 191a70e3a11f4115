import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ephemeralStores } from '@tenon/testing/stores'
import { expect, it } from 'vitest'
import { openImportWorld, until } from './import-world.fixture.ts'

it('a scratch folder that can not be made is tried again, and ends no process', { timeout: 60_000 }, async () => {
  const stores = await ephemeralStores()
  const dir = await mkdtemp(join(tmpdir(), 'tenon-scratch-'))
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  const inTheWay = join(dir, 'a-file')
  await writeFile(inTheWay, '')
  let failures = 0
  const world = await openImportWorld({
    ...{ databaseUrl: stores.databaseUrl, clickhouseUrl: stores.clickhouseUrl, dir, scratchDir: join(inTheWay, 'scratch') },
    onError: () => failures++,
  })
  try {
    await until(async () => (failures > 0 || unhandled.length > 0 ? true : undefined))
    await rm(inTheWay)
    await writeFile(join(world.folder, 'a.csv'), 'user\nan\n')
    const mapping = { name: 'Came', identifiers: { user_id: 'user' } }
    const made = await world.imports.create({ workspace: 'shop', source: { file: 'a.csv' }, mapping, maxFailures: 0 })
    const state = async () => (await world.imports.get('shop', made?.id ?? ''))?.state
    expect(await until(async () => ((await state()) === 'done' ? 'done' : undefined), 20_000)).toBe('done')
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
    await world.close().catch(() => undefined)
    await stores.close()
    await rm(dir, { recursive: true, force: true })
  }
})
