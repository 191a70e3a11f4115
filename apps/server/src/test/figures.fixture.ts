import { vi } from 'vitest'
import type { TestServer } from './running.fixture.ts'

/** Values by series, as Prometheus reads them: `tenon_name{label="value"}`. */
export type Figures = ReadonlyMap<string, number>

export async function readFigures(server: TestServer): Promise<Figures> {
  const text = String((await server.call('GET', '/metrics')).body)
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

/** By how much the series of a metric moved, by their labels; those that did not are left out. */
export function moved(name: string, before: Figures, after: Figures): Readonly<Record<string, number>> {
  const ofMetric = [...after].filter(([series]) => series === name || series.startsWith(`${name}{`))
  const changes = ofMetric.map(([series, value]) => [series.slice(name.length + 1, -1), value - (before.get(series) ?? 0)] as const)
  return Object.fromEntries(changes.filter(([, change]) => change !== 0))
}

/** Resolves once all that was sent is stored and everybody whom it touches is evaluated, as the metrics themselves tell. */
export const whenQuiet = (server: TestServer): Promise<Figures> =>
  vi.waitUntil(
    async () => {
      const figures = await readFigures(server)
      return figures.get('tenon_events_total{state="in_log"}') === 0 && figures.get('tenon_audience_behind') === 0 && figures
    },
    { timeout: 30_000, interval: 100 },
  )
