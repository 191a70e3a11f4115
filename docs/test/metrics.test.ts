import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { measured } from '../../apps/server/src/measured.ts'
import { callSeconds } from '../../packages/api/src/plugin-latency.ts'
import { codeIn, readPage, root, tableOf } from './pages.ts'

const specified = [...measured, callSeconds]

describe('metrics in the operators guide', () => {
  it('are those that there are, with their labels', async () => {
    const stated = tableOf(await readPage('docs/guides/operate.md'), ['metric', 'labels', 'what']).map(([name = '', labels = '']) => [
      codeIn(name)[0],
      codeIn(labels),
    ])
    const source = await readFile(join(root, 'packages/api/src/metrics.ts'), 'utf8')
    const read = [...source.matchAll(/(?:gauge|counter)\(\s*'(tenon_\w+)',\s*'[^']*'(?:,\s*\[([^\]]*)\])?/g)].map(
      ([, name, labels = '']) => [name, [...labels.matchAll(/'(\w+)'/g)].map(([, label]) => label)],
    )
    const byName = (left: readonly unknown[], right: readonly unknown[]): number => (String(left[0]) < String(right[0]) ? -1 : 1)
    const there = [...specified.map(({ name, labels }) => [name, [...labels]]), ...read]
    expect(stated.toSorted(byName)).toEqual(there.toSorted(byName))
  })

  it('are named as Prometheus wants it: counters end in _total, histograms are times in seconds', () => {
    const misnamed = specified.filter(({ name, kind }) => !name.endsWith(kind === 'counter' ? '_total' : '_seconds'))
    expect(misnamed.map(({ name }) => name)).toEqual([])
    expect(new Set(specified.map(({ name }) => name)).size).toBe(specified.length)
  })

  it('have labels that code or definitions choose: no names of workspaces, events or people', () => {
    const bounded = ['by', 'command', 'decision', 'direction', 'instance', 'method', 'operation', 'outcome', 'phase', 'purpose', 'reason']
    const allowed = new Set([...bounded, 'role', 'route', 'rule', 'scene', 'scope', 'status', 'step', 'type'])
    expect(specified.flatMap(({ labels }) => labels).filter((label) => !allowed.has(label))).toEqual([])
  })
})
