import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { metrics as ofAnalytics } from '../../packages/analytics/src/metrics.ts'
import { metrics as ofApi } from '../../packages/api/src/http/measure-requests.ts'
import { metrics as ofIngest } from '../../packages/ingest/src/metrics.ts'
import { metrics as ofPrivacy } from '../../packages/privacy/src/metrics.ts'
import { codeIn, readPage, root, tableOf } from './pages.ts'

describe('metrics in the operators guide', () => {
  it('are those that there are, with their labels', async () => {
    const stated = tableOf(await readPage('docs/guides/operate.md'), ['metric', 'labels', 'what']).map(([name = '', labels = '']) => [
      codeIn(name)[0],
      codeIn(labels),
    ])
    const specified = [...ofAnalytics, ...ofApi, ...ofIngest, ...ofPrivacy].map(({ name, labels }) => [name, [...labels]])
    const source = await readFile(join(root, 'packages/api/src/metrics.ts'), 'utf8')
    const read = [...source.matchAll(/gauge\(\s*'(tenon_\w+)',\s*'[^']*'(?:,\s*\[([^\]]*)\])?/g)].map(([, name, labels = '']) => [
      name,
      [...labels.matchAll(/'(\w+)'/g)].map(([, label]) => label),
    ])
    const byName = (left: readonly unknown[], right: readonly unknown[]): number => (String(left[0]) < String(right[0]) ? -1 : 1)
    expect(stated.toSorted(byName)).toEqual([...specified, ...read].toSorted(byName))
  })
})
