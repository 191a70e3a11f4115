import type { InstanceId } from '@tenon/kernel'
import type { Method, PushSource } from '@tenon/kernel/contracts'

export interface Match {
  readonly instance: InstanceId
  readonly source: PushSource
  readonly route: string
  readonly params: Readonly<Record<string, string>>
}

export interface Router {
  /** Every source that serves the path: two instances of one plugin have the same paths and different keys. */
  match(method: string, path: string): readonly Match[]
  /** What a path may be asked with; nothing where no source serves it. */
  methods(path: string): readonly Method[]
}

interface Entry {
  readonly instance: InstanceId
  readonly source: PushSource
  readonly methods: readonly Method[]
  readonly route: string
  readonly segments: readonly string[]
}

/** A path is served with one slash at its end and without, and with doubled slashes: a redirect would lose its events. */
export function createRouter(sources: ReadonlyMap<InstanceId, PushSource>): Router {
  const entries = [...sources].flatMap(([instance, source]) =>
    source.routes.map(({ methods, path }): Entry => ({ instance, source, methods, route: path, segments: split(path) })),
  )
  const fixed = Map.groupBy(
    entries.filter(({ segments }) => !segments.some(isParameter)),
    ({ segments }) => segments.join('/'),
  )
  const open = entries.filter(({ segments }) => segments.some(isParameter))
  const serving = (asked: readonly string[]): readonly Entry[] => [
    ...(fixed.get(asked.join('/')) ?? []),
    ...open.filter(({ segments }) => fits(segments, asked)),
  ]
  return {
    methods: (path) => [...new Set(serving(split(path)).flatMap(({ methods }) => methods))],
    match(method, path) {
      const asked = split(path)
      return serving(asked)
        .filter(({ methods }) => methods.some((served) => served === method))
        .map(({ instance, source, route, segments }) => ({ instance, source, route, params: paramsOf(segments, asked) }))
    },
  }
}

const split = (path: string): readonly string[] => path.split('/').filter((segment) => segment !== '')
const isParameter = (segment: string): boolean => segment.startsWith(':')

const fits = (pattern: readonly string[], asked: readonly string[]): boolean =>
  pattern.length === asked.length && pattern.every((segment, index) => isParameter(segment) || segment === asked[index])

function paramsOf(pattern: readonly string[], asked: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pattern.flatMap((segment, index) => (isParameter(segment) ? [[segment.slice(1), decoded(asked[index] ?? '')]] : [])),
  )
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
