import { describe, expect, it } from 'vitest'
import { createTable, type Table } from './table.ts'
import { events, profileOverrides } from './tables.ts'

const cluster = { kind: 'cluster', cluster: "main'eu" } as const

describe('createTable', () => {
  it('makes one plain table on one server', () => {
    const [statement, ...others] = createTable(events, { kind: 'single' })
    expect(others).toEqual([])
    expect(statement).toMatch(/^CREATE TABLE IF NOT EXISTS events \(/)
    expect(statement).toContain(
      'ENGINE = MergeTree\nPARTITION BY toYYYYMM(received_at)\nORDER BY (workspace, profile, timestamp, message_id)',
    )
    expect(statement).toContain('non_replicated_deduplication_window = 10000')
  })

  it('makes a replicated table per shard and a distributed one over them on a cluster', () => {
    const [local, distributed, ...others] = createTable(events, cluster)
    expect(others).toEqual([])
    expect(local).toMatch(/^CREATE TABLE IF NOT EXISTS events_local ON CLUSTER 'main\\'eu' \(/)
    expect(local).toContain("ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')")
    expect(local).toContain(', replicated_deduplication_window = 10000')
    expect(distributed).toBe(
      "CREATE TABLE IF NOT EXISTS events ON CLUSTER 'main\\'eu' AS events_local\nENGINE = Distributed('main\\'eu', currentDatabase(), events_local, cityHash64(workspace, profile))",
    )
  })

  it('gives every node of a cluster a full copy of what all of them join with', () => {
    const [statement, ...others] = createTable(profileOverrides, cluster)
    expect(others).toEqual([])
    expect(statement).toContain(
      "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', version)",
    )
  })

  it('has the same columns and keys everywhere', () => {
    const table: Table = { name: 't', columns: [['a', 'UInt8']], orderBy: ['a'], settings: {}, tokens: 1, placement: { spreadBy: 'a' } }
    const [single] = createTable(table, { kind: 'single' })
    const [local] = createTable(table, cluster)
    const body = (statement = ''): string => statement.slice(statement.indexOf('(\n'), statement.indexOf('\nENGINE'))
    expect(body(local)).toBe(body(single))
  })
})
