import { addColumn, addIndex, addProjection, createTable, extendKey, type Topology } from './table.ts'
import {
  accountWord,
  breachColumns,
  cutColumn,
  events,
  failedEvents,
  failedRevisionColumns,
  failedRevisionKey,
  failedTypeColumn,
  personColumn,
  profileOverrides,
  reassignedProfiles,
  segmentTransitions,
  settledColumn,
  tagValues,
  transitionsAsRecorded,
} from './tables.ts'

/** One change of the schema. Its statements may be repeated; an applied step never changes. */
export interface MigrationStep {
  readonly name: `${number}_${string}`
  statements(topology: Topology): readonly string[]
}

const creates = (name: MigrationStep['name'], table: Parameters<typeof createTable>[0]): MigrationStep =>
  Object.freeze({ name, statements: (topology: Topology) => createTable(table, topology) })

/** In the order in which they are applied. */
export const steps: readonly MigrationStep[] = Object.freeze([
  creates('0001_events', events),
  creates('0002_profile_overrides', profileOverrides),
  creates('0003_segment_transitions', segmentTransitions),
  creates('0004_tag_values', tagValues),
  creates('0005_failed_events', failedEvents),
  Object.freeze({
    name: '0006_persons_of_rows',
    statements: (topology: Topology) => [
      ...[events, segmentTransitions, tagValues].flatMap((table) => addColumn(table, personColumn, topology)),
      ...addColumn(profileOverrides, settledColumn, topology),
      ...createTable(reassignedProfiles, topology),
    ],
  } as const),
  Object.freeze({
    name: '0014_failed_event_revisions',
    statements: (topology: Topology) => [
      ...extendKey(failedEvents, failedRevisionKey, topology),
      ...failedRevisionColumns.flatMap((column) => addColumn(failedEvents, column, topology)),
      ...addIndex(failedEvents, 'by_id', 'id TYPE bloom_filter(0.01) GRANULARITY 1', topology),
    ],
  } as const),
  Object.freeze({
    name: '0024_plan_breaches',
    statements: (topology: Topology) => [
      ...[events, failedEvents].flatMap((table) => breachColumns.flatMap((column) => addColumn(table, column, topology))),
      ...addColumn(failedEvents, failedTypeColumn, topology),
      ...[events, failedEvents].flatMap((table) => addIndex(table, 'by_plan', 'plan TYPE set(16) GRANULARITY 4', topology)),
    ],
  } as const),
  Object.freeze({
    name: '0035_reading_in_order',
    statements: (topology: Topology) => [
      ...addProjection(segmentTransitions, 'as_recorded', transitionsAsRecorded, topology),
      ...addIndex(events, 'by_account', `${accountWord} TYPE set(64) GRANULARITY 1`, topology),
    ],
  } as const),
  Object.freeze({
    name: '0045_messages_by_id',
    // So rarely wrong that it still leads past most of what is stored when a thousand ids are asked for at once. Half a microsecond an event.
    statements: (topology: Topology) => addIndex(events, 'by_message', 'message_id TYPE bloom_filter(0.0001) GRANULARITY 1', topology),
  } as const),
  Object.freeze({
    name: '0050_cut_payloads',
    statements: (topology: Topology) => addColumn(failedEvents, cutColumn, topology),
  } as const),
])
