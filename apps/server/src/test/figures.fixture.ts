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
export async function whenQuiet(server: TestServer): Promise<Figures> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const figures = await readFigures(server)
    if (figures.get('tenon_events_total{state="in_log"}') === 0 && figures.get('tenon_audience_behind') === 0) return figures
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the server does not come to rest')
}
