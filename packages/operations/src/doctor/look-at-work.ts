import type { Clock } from '@tenon/kernel/contracts'
import type { StalledWork, Store, StoreWork } from '@tenon/store'
import { ageOf, type Finding, grade } from './finding.ts'
import { seconds } from './units.ts'

const DAY_S = 86_400

/** What should go on by itself or be done by people: messages, replays, imports, matches, and backups. */
export async function lookAtWork({ store, clock }: { readonly store: Store; readonly clock: Clock }): Promise<readonly Finding[]> {
  // Before that there is no work.
  if ((await store.pending()).length > 0) return []
  const work = await store.work()
  return [
    ...work.queues.map(
      ({ channel, messages, oldestS }): Finding => ({
        ...{ part: 'engage', what: `messages by ${channel}`, severity: grade(oldestS, { warning: 300, critical: 3_600 }) },
        found: `${messages} due, the first for ${seconds(oldestS)}`,
        ...(oldestS < 300 ? {} : { advice: 'look at the health of the channel: `tenon inspect`, GET /v1/plugins' }),
      }),
    ),
    ...work.stalledReplays.map((replay) =>
      stalled(
        'replay',
        replay,
        'ingest must be well for it: see its lines. `DELETE /v1/replays/{id}` gives it up; what it did stays done',
        clock,
      ),
    ),
    ...work.stalledImports.map((one) =>
      stalled(
        'import',
        one,
        'no process works on it, or its source does not answer: the log of the server says which. It goes on where it stopped',
        clock,
      ),
    ),
    ...work.openMatches.map((queue) => matches(queue, clock)),
    backups(work, clock),
  ]
}

const stalled = (kind: string, { workspace, id, since }: StalledWork, advice: string, clock: Clock): Finding => ({
  ...{ part: `${kind}s`, what: `${kind} ${id} of ${workspace}`, severity: grade(ageOf(since, clock), { warning: 0, critical: DAY_S }) },
  ...{ found: `has not come further for ${seconds(ageOf(since, clock))}`, since, advice },
})

function matches({ workspace, proposals, since }: StoreWork['openMatches'][number], clock: Clock): Finding {
  const severity = proposals > 1_000 || (proposals > 100 && ageOf(since, clock) > 30 * DAY_S) ? 'warning' : 'ok'
  return {
    ...{ part: 'identity', what: `matches to review of ${workspace}`, severity, found: `${proposals} open`, since },
    ...(severity === 'ok'
      ? {}
      : { advice: 'review them (GET /v1/matches), raise what the matcher proposes from, or let it merge what is sure' }),
  }
}

/** Those of other tools are not known here: where there are, it says too much. */
function backups({ lastBackup, begun }: StoreWork, clock: Clock): Finding {
  const since = lastBackup ?? begun
  const ageS = since === null ? 0 : ageOf(since, clock)
  const severity = lastBackup === null ? (ageS > 7 * DAY_S ? 'warning' : 'note') : grade(ageS / DAY_S, { warning: 8, critical: 60 })
  return {
    ...{ part: 'backup', what: 'last backup', severity, found: lastBackup === null ? 'none was made' : `${seconds(ageS)} old` },
    ...(since === null ? {} : { since }),
    ...(severity === 'ok'
      ? {}
      : { advice: '`tenon backup` makes one while everything runs; keep it on another machine, and restore one now and then' }),
  }
}
