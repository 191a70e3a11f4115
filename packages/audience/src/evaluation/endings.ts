import type { WorkspaceAnalytics } from '@tenon/analytics'
import type { Catalogue } from '../definitions/catalogue.ts'
import type { Live } from '../definitions/live.ts'
import { outputsOf } from '../definitions/live.ts'
import type { Transition, Turn } from './journal.ts'

export interface Endings {
  readonly transitions: readonly Transition[]
  readonly changed: number
}

/**
 * Ends what nothing makes any more: tags and segments of retired definitions, and those that a definition made before it was
 * changed. What may come back by itself stays: a definition whose plugin is not in this edition only stands still.
 */
export async function endOrphans(options: {
  readonly workspace: string
  readonly analytics: WorkspaceAnalytics
  readonly catalogue: Catalogue
  readonly turn: Turn
  readonly signal: AbortSignal
}): Promise<Endings> {
  const { workspace, analytics, catalogue, turn, signal } = options
  const { transitions, tagValues } = analytics
  const live = await catalogue.live(workspace)
  const orphansOf = async (type: Live['type'], names: readonly string[]): Promise<readonly string[]> => {
    const made = new Set(live.filter((each) => each.type === type).flatMap(outputsOf))
    const orphans: string[] = []
    for (const name of names) if (!made.has(name) && (await catalogue.isGivenUp(workspace, type, name))) orphans.push(name)
    return orphans
  }

  const segments = await orphansOf('segment', await transitions.segments({ signal }))
  const told = segments.length === 0 ? new Map() : await transitions.toldOf(segments, undefined, { signal })
  const left = await turn.record(segments.map((segment) => ({ segment, entered: [], left: told.get(segment) ?? [] })))

  let changed = 0
  for (const tag of await orphansOf('tag', await tagValues.tags({ signal }))) {
    for await (const page of tagValues.all(tag, { signal })) {
      const evaluation = `${turn.asOf.toISOString()} ${page[0]?.profile ?? 0}`
      await tagValues.record({ tag, rows: page.map(({ profile }) => ({ profile })), asOf: turn.asOf, evaluation }, { signal })
      changed += page.length
    }
  }
  return { transitions: left, changed }
}
