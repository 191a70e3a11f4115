import type { Table } from './table.ts'

const freeze = (table: Table): Table => Object.freeze(table)

/** Small granules: what is read for one person is a few hundred rows and not eight thousand. */
const settings = Object.freeze({ index_granularity: 1024, min_bytes_for_wide_part: 10_485_760 })

const json = "String DEFAULT '{}' CODEC(ZSTD(1))"
const milliseconds = "DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1))"

/**
 * An event keeps the profile that it came with. Partitions follow our own clock: a hostile `timestamp` must not make a
 * thousand of them.
 */
export const events: Table = freeze({
  name: 'events',
  columns: [
    ['workspace', 'LowCardinality(String)'],
    ['profile', 'UInt64'],
    ['timestamp', milliseconds],
    ['type', 'LowCardinality(String)'],
    ['name', 'LowCardinality(String)'],
    ['source', 'LowCardinality(String)'],
    ['message_id', 'String CODEC(ZSTD(1))'],
    ['received_at', milliseconds],
    ['batch', 'UInt64 CODEC(Delta, ZSTD(1))'],
    ['identifiers', 'Array(Tuple(type String, value String)) CODEC(ZSTD(1))'],
    ['properties', json],
    ['traits', json],
    ['context', json],
    ['group_id', 'String CODEC(ZSTD(1))'],
    ['group_traits', json],
  ],
  indexes: [
    'INDEX by_batch batch TYPE minmax GRANULARITY 1',
    'INDEX by_name name TYPE set(64) GRANULARITY 4',
    'PROJECTION touched (SELECT workspace, batch, profile ORDER BY workspace, batch, profile)',
  ],
  partitionBy: 'toYYYYMM(received_at)',
  orderBy: ['workspace', 'profile', 'timestamp', 'message_id'],
  settings: { ...settings, lightweight_mutation_projection_mode: 'rebuild' },
  tokens: 10_000,
  placement: { spreadBy: 'cityHash64(workspace, profile)' },
})

/** Where the events of a merged profile belong now: one hop, the highest version holds. */
export const profileOverrides: Table = freeze({
  name: 'profile_overrides',
  columns: [
    ['workspace', 'LowCardinality(String)'],
    ['old_profile', 'UInt64'],
    ['profile', 'UInt64'],
    ['version', 'UInt64'],
  ],
  indexes: ['INDEX by_survivor profile TYPE bloom_filter(0.01) GRANULARITY 1'],
  replacing: 'version',
  orderBy: ['workspace', 'old_profile'],
  settings,
  tokens: 10_000,
  placement: 'everywhere',
})

/** Append-only: who entered and left which segment when, as it was told. */
export const segmentTransitions: Table = freeze({
  name: 'segment_transitions',
  columns: [
    ['workspace', 'LowCardinality(String)'],
    ['segment', 'LowCardinality(String)'],
    ['profile', 'UInt64'],
    ['at', milliseconds],
    ['entered', 'UInt8'],
    ['recorded_at', milliseconds],
    ['evaluation', 'String CODEC(ZSTD(1))'],
  ],
  orderBy: ['workspace', 'segment', 'profile', 'at'],
  settings,
  tokens: 10_000,
  placement: { spreadBy: 'cityHash64(workspace, profile)' },
})

/** Append-only: every value that a tag had for a profile; `none` takes it away. */
export const tagValues: Table = freeze({
  name: 'tag_values',
  columns: [
    ['workspace', 'LowCardinality(String)'],
    ['tag', 'LowCardinality(String)'],
    ['profile', 'UInt64'],
    ['as_of', milliseconds],
    ['evaluated_at', milliseconds],
    ['type', "Enum8('none' = 0, 'boolean' = 1, 'number' = 2, 'string' = 3, 'list' = 4, 'date' = 5)"],
    ['number', 'Float64'],
    ['text', 'String CODEC(ZSTD(1))'],
    ['list', 'Array(String) CODEC(ZSTD(1))'],
    ['reasons', "String DEFAULT '[]' CODEC(ZSTD(1))"],
    ['evaluation', 'String CODEC(ZSTD(1))'],
  ],
  orderBy: ['workspace', 'tag', 'profile', 'as_of', 'evaluated_at'],
  settings,
  tokens: 10_000,
  placement: { spreadBy: 'cityHash64(workspace, profile)' },
})

/** What was refused, at which station and why. The id is the same when a batch is written again. */
export const failedEvents: Table = freeze({
  name: 'failed_events',
  columns: [
    ['workspace', 'LowCardinality(String)'],
    ['received_at', milliseconds],
    ['id', 'String CODEC(ZSTD(1))'],
    ['source', 'LowCardinality(String)'],
    ['stage', 'LowCardinality(String)'],
    ['code', 'LowCardinality(String)'],
    ['reason', 'String CODEC(ZSTD(1))'],
    ['payload', 'String CODEC(ZSTD(3))'],
    ['message_id', 'String CODEC(ZSTD(1))'],
    ['batch', 'UInt64'],
  ],
  partitionBy: 'toYYYYMM(received_at)',
  orderBy: ['workspace', 'received_at', 'id'],
  settings,
  tokens: 10_000,
  placement: { spreadBy: 'cityHash64(id)' },
})

/**
 * Which rows belong to somebody whom their stored profile does not lead to: events that were resolved to a survivor and turned out
 * to be the restored person's. Says where to look for them; the rows themselves say whose they are.
 */
export const reassignedProfiles: Table = freeze({
  name: 'reassigned_profiles',
  columns: [
    ['workspace', 'LowCardinality(String)'],
    ['to_profile', 'UInt64'],
    ['stored_profile', 'UInt64'],
    ['version', 'UInt64'],
  ],
  replacing: 'version',
  orderBy: ['workspace', 'to_profile', 'stored_profile'],
  settings,
  tokens: 1_000,
  placement: 'everywhere',
})

/** Whose a row is by itself: the stored profile, until an unmerge or a squash writes another one in place. Overrides apply to it. */
export const personColumn: Table['columns'][number] = Object.freeze(['person', 'UInt64 DEFAULT profile CODEC(ZSTD(1))'] as const)

/** 1 where no row needs the override any more: a scan over everybody leaves it out, a look-up by an old id still finds it. */
export const settledColumn: Table['columns'][number] = Object.freeze(['settled', 'UInt8 DEFAULT 0'] as const)

/**
 * A failed event is a row for each thing that happened to it: it failed (attempt 0), was corrected (one more step), was tried again (one
 * more attempt), was discarded. The last row says what it is now.
 */
export const failedRevisionKey: Table['columns'] = Object.freeze([
  ['attempt', 'UInt32'],
  ['step', 'UInt32'],
] as const)

export const failedRevisionColumns: Table['columns'] = Object.freeze([
  ['state', "LowCardinality(String) DEFAULT if(stage = 'consent', 'dropped', 'open')"],
  ['event', "String DEFAULT '' CODEC(ZSTD(1))"],
  ['format', "LowCardinality(String) DEFAULT if(stage = 'accept', 'source', 'event')"],
  ['at', "DateTime64(3, 'UTC') DEFAULT received_at CODEC(DoubleDelta, ZSTD(1))"],
  ['actor', "String DEFAULT '' CODEC(ZSTD(1))"],
] as const)

/** What the tracking plan of its source found in an event: it goes wherever the event goes, and ends with it. Never what the event said. */
export const breachColumns: Table['columns'] = Object.freeze([
  ['plan', "LowCardinality(String) DEFAULT ''"],
  ['plan_version', 'UInt32 DEFAULT 0 CODEC(ZSTD(1))'],
  ['event_version', 'UInt32 DEFAULT 0 CODEC(ZSTD(1))'],
  ['breaches', 'Array(Tuple(kind String, rule String, path String, expected String, actual String, mode String)) CODEC(ZSTD(1))'],
] as const)

/** Of a failed event, whose table has no other word of it. */
export const failedTypeColumn: Table['columns'][number] = Object.freeze(['event_type', "LowCardinality(String) DEFAULT ''"] as const)

/** Whether not all that came is in the payload; of rows from before, as far as their payloads show it. */
export const cutColumn: Table['columns'][number] = Object.freeze([
  'cut',
  "Bool DEFAULT length(payload) >= 65536 AND endsWith(payload, '…')",
] as const)

/** The log of transitions in the order in which it is read by those who react to it. */
export const transitionsAsRecorded =
  'SELECT workspace, recorded_at, segment, profile, person, at, entered ORDER BY workspace, recorded_at, segment, profile'

/** Names of the Segment B2B Spec: `context.groupId` says which account. */
export const accountEvents = Object.freeze({ joined: 'Account Added User', left: 'Account Removed User' })

/** What an event may say about accounts, in one word. A query that asks for it in these very words passes over everything else. */
export const accountWord = "if(type = 'group', 'group', name)"
