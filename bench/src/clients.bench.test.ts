import { expect, it } from 'vitest'
import { bench } from './clients.bench.ts'

it('plays a client against a server', async () => {
  const log: string[] = []
  expect(await bench.run({ smoke: true, args: [], log: (line) => void log.push(line) })).toEqual([
    { bench: 'clients', clients: 1, ways: 1, cases: 1, failed: 0 },
  ])
  expect(log.at(-1)).toMatch(/^ok {4} @segment\/analytics-node .*: happy path$/)
})
