import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings, settingNames } from '../../apps/server/src/settings.ts'
import { codeIn, readPage, root, tableOf } from './pages.ts'

const page = await readPage('docs/guides/operate.md')
const rows = tableOf(page, ['setting', 'default', 'what']).map(
  ([name = '', fallback = '']) => [codeIn(name)[0], codeIn(fallback)[0]] as const,
)

describe('settings in the operators guide', () => {
  it('are those that the server reads', async () => {
    const source = await readFile(join(root, 'apps/server/src/settings.ts'), 'utf8')
    const read = [...source.matchAll(/\benv\.([A-Z_]+)/g)].map(([, name]) => name)
    expect([...new Set(read)].filter((name) => name?.startsWith('TENON_')).sort()).toEqual([...settingNames].sort())
    const options = [...source.matchAll(/'?([a-z-]+)'?: \{ type: 'boolean'/g)].map(([, name]) => `--${name}`)
    expect(rows.map(([name]) => name).sort()).toEqual([...new Set([...read, ...options])].sort())
  })

  it('have the defaults that the server has', () => {
    const { dataDir, edition, host, port, logLevel } = readSettings({}, [], '/here')
    const stated = new Map(rows)
    expect(join('/here', stated.get('TENON_DATA') ?? '')).toBe(dataDir)
    expect([stated.get('TENON_EDITION'), stated.get('HOST'), stated.get('PORT'), stated.get('TENON_LOG_LEVEL')]).toEqual([
      edition,
      host,
      String(port),
      logLevel,
    ])
  })

  it('of the retail edition are those that it asks for', async () => {
    const source = await readFile(join(root, 'apps/edition-retail/src/retail.ts'), 'utf8')
    const asked = [...source.matchAll(/fromEnv\('(\w+)'(?:, '([^']*)')?\)/g)].map(([, name, fallback]) => [name, fallback])
    const stated = tableOf(page, ['variable', 'default', 'what']).map(([name = '', fallback = '']) => [
      codeIn(name)[0],
      codeIn(fallback)[0],
    ])
    expect(stated).toEqual(asked)
  })
})
