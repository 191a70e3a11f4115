import { ephemeralStores } from '@tenon/testing/stores'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, tickingClock } from '../analytics.fixture.ts'
import { type Analytics, openAnalytics } from '../analytics.ts'
import { latest } from '../writer/tsv.ts'
import { cuts, type Horizon } from './horizon.ts'

const test = migratedAnalytics()

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all).toString()
}

async function copy(from: Analytics, to: Analytics, horizon: Horizon): Promise<void> {
  for (const table of await from.backups.tables()) {
    for (const partition of table.partitions) {
      const text = await textOf(from.backups.rows(table, partition, horizon))
      const load = () =>
        to.backups.load({
          table,
          token: `${table.name}/${partition}`,
          rows: async function* () {
            yield Buffer.from(text)
          },
        })
      if (text !== '') await load()
      // A restore that is done again.
      if (text !== '') await load()
    }
  }
}

async function withEmpty(run: (other: Analytics) => Promise<void>): Promise<void> {
  const stores = await ephemeralStores()
  const other = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock: tickingClock() })
  try {
    await run(other)
  } finally {
    await other.close()
    await stores.close()
  }
}

describe('a copy of the analytics store', () => {
  it('knows of every table where it is cut', async () => {
    expect((await test.store.backups.tables()).map(({ name }) => name)).toEqual(Object.keys(cuts).sort())
  })

  it('holds what the horizon knows, exactly, and once', async () => {
    const main = test.workspace()
    const odd = { note: 'tab\t line\n back\\slash "榫" \u0001', nested: { list: [1.5, null, true] } }
    const at = (batch: number, says = {}) => event(main, batch, { batch, properties: odd, ...says })
    const rows = [at(1), at(2, { identifiers: [{ type: 'email', value: "o'hara\t@x.de" }] }), at(3), at(4), at(9)]
    await test.store.insertEvents(rows, { token: 'events' })
    await test.store.insertOverrides([
      { workspace: main, old: 7, into: 8, version: 5 },
      { workspace: main, old: 9, into: 8, version: 11 },
    ])
    const { transitions, tagValues } = test.store.in(main)
    const day = (number: number) => new Date(Date.UTC(2026, 0, number))
    for (const number of [1, 2, 3])
      await transitions.record({
        segment: 's',
        enter: [number],
        exit: [],
        at: day(number),
        recordedAt: day(number),
        evaluation: `e${number}`,
      })
    for (const number of [1, 2, 3])
      await tagValues.record({ tag: 't', rows: [{ profile: number, value: number / 3 }], asOf: day(number), evaluation: `e${number}` })

    const horizon: Horizon = {
      lastBatch: 4,
      openBatches: [3],
      lastEntry: 10,
      turns: [
        {
          workspace: main,
          asOf: day(2).getTime(),
          recorded: day(2).getTime(),
          pending: [{ segment: 's', evaluation: 'e2' }],
        },
      ],
    }
    await withEmpty(async (other) => {
      expect(await other.backups.isEmpty()).toBe(true)
      await other.migrate({ through: (await test.store.backups.migrations()).map(({ step }) => step) })
      await copy(test.store, other, horizon)
      for (const table of await test.store.backups.tables())
        expect([table.name, await other.backups.digest(table, 'all')]).toEqual([
          table.name,
          await test.store.backups.digest(table, horizon),
        ])
      const { rows: kept } = await other.in(main).events({ profile: 2, limit: 10 })
      expect(kept).toEqual([rows[1]])
      expect(await other.in(main).countEvents()).toBe(3)
      expect(await other.in(main).transitions.told('s', undefined)).toEqual([1])
      expect([...(await other.in(main).tagValues.of([1, 2, 3], ['t'], { asOf: latest })).keys()].sort()).toEqual([1, 2])
      expect(await other.backups.isEmpty()).toBe(false)
      await other.backups.clear()
      expect(await other.pending()).toEqual(await test.store.backups.migrations().then((all) => all.map(({ step }) => step)))
    })
  })

  it('is made by older steps, and brought up by the others', async () => {
    await withEmpty(async (other) => {
      await other.migrate({ through: ['0001_events'] })
      expect((await other.backups.tables()).map(({ name }) => name)).toEqual(['events'])
      expect((await other.migrate()).applied.length).toBeGreaterThan(3)
      expect(() => other.backups.checkMigrations([{ step: '0001_events', checksum: 'other' }])).toThrow(/0001_events/)
    })
  })
})
