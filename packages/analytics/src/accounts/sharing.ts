import type { ProfileId } from '@tenon/kernel/contracts'
import type { ParamValue } from '../engine/engine.ts'
import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { decodeCursor, type Page, pageOf } from '../reads/cursor.ts'
import { eventsSource, type Fragment } from '../sources.ts'
import { ORDER } from './statements.ts'

/** People who say the same of themselves belong together: a household has one address. */
export interface SharingRule {
  /** Dotted paths in the traits, such as `address.street`. All must be there and be the same, but for case, blanks and punctuation. */
  readonly by: readonly string[]
  /** More people than this have an office, or a hotel, in common. */
  readonly most: number
}

export interface Sharing {
  /** Made of the values, which nobody can read from it. */
  readonly id: string
  readonly members: readonly ProfileId[]
}

/** What two people or more share by the rule, by id. With `profile` what that person shares; with `id` that one alone. */
export async function readSharing(
  query: WorkspaceQuery,
  request: SharingRule & { readonly limit: number; readonly after?: string; readonly profile?: ProfileId; readonly id?: string },
): Promise<Page<Sharing>> {
  const { by, most, limit, after, profile, id } = request
  const [last = ''] = after === undefined ? [] : decodeCursor(after, ['text'])
  const everybody = idsSource(by, 'everybody')
  const asked = idsSource(by, 'asked')
  const own = profile === undefined ? 'true' : `id IN (SELECT id FROM ${asked.sql})`
  const rows = await query.rows<{ id: string; members: readonly ProfileId[] }>({
    operation: 'people who share traits',
    sql: `SELECT id, arraySort(groupArray(profile)) AS members
FROM ${everybody.sql}
WHERE ${own} AND ({id:String} = '' OR id = {id:String}) AND id > {last:String}
GROUP BY id
HAVING count() BETWEEN 2 AND {most:UInt32}
ORDER BY id
LIMIT {limit:UInt32}`,
    params: { ...everybody.params, ...(profile === undefined ? {} : { profiles: [profile] }), id: id ?? '', last, most, limit: limit + 1 },
    limits: { ...batch, seconds: 60, resultRows: 100_000 },
  })
  return pageOf(rows, limit, (row) => [row.id])
}

/** `profile` and `id` of everybody who has all of the traits, by their last values. */
function idsSource(by: readonly string[], scope: 'everybody' | 'asked'): Fragment {
  const params: Record<string, ParamValue> = {}
  const name = (text: string, place: string): string => {
    params[place] = text
    return `{${place}:String}`
  }
  const paths = by.map((path, index) => {
    const [head = '', ...inner] = path.split('.')
    const key = name(head, `trait${index}`)
    const at = inner.map((part, depth) => name(part, `trait${index}_${depth}`))
    return {
      raw: `argMaxIf(JSONExtractRaw(traits, ${key}), ${ORDER}, JSONHas(traits, ${key})) AS raw${index}`,
      value: `lowerUTF8(replaceRegexpAll(${at.length === 0 ? `raw${index}` : `JSONExtractRaw(raw${index}, ${at.join(', ')})`}, '[\\\\s.,;"]+', ''))`,
    }
  })
  const sql = `(
  SELECT profile, [${paths.map(({ value }) => value).join(', ')}] AS said, lower(hex(sipHash128(said))) AS id
  FROM (SELECT profile, ${paths.map(({ raw }) => raw).join(', ')} FROM ${eventsSource({ scope })} WHERE traits != '{}' GROUP BY profile)
  WHERE NOT arrayExists(one -> one IN ('', 'null'), said)
)`
  return { sql, params }
}
