import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { dataSet } from './data-set.ts'
import { skipReason } from './skip-reason.ts'

function machineWith(env: Readonly<Record<string, string>>) {
  const said: string[] = []
  return { env, said, say: (line: string) => void said.push(line) }
}
const fleet = (found: string | undefined) => ({ suite: 'a fleet', found, reason: 'this machine has no nats-server' })

describe('a suite whose program is missing', () => {
  it('is skipped, and says so in one line', () => {
    for (const env of [{}, { TENON_REQUIRE_ALL: '' }, { TENON_REQUIRE_ALL: '0' }]) {
      const machine = machineWith(env)
      expect(skipReason(fleet(undefined), machine)).toBe('this machine has no nats-server')
      expect(machine.said).toEqual(['skipped: a fleet, since this machine has no nats-server'])
    }
  })

  it('fails where nothing may be missing', () => {
    const machine = machineWith({ TENON_REQUIRE_ALL: '1' })
    expect(() => skipReason(fleet(undefined), machine)).toThrow(
      'a fleet must not be skipped where TENON_REQUIRE_ALL is 1: this machine has no nats-server',
    )
    expect(skipReason(fleet('/usr/sbin/nats-server'), machine)).toBeUndefined()
    expect(machine.said).toEqual([])
  })
})

describe('a suite whose data set is missing', () => {
  const TENON_DATASETS = fileURLToPath(new URL('.', import.meta.url))
  const missing = { name: 'events/nothing.jsonl', suite: 'the examples' }

  it('is skipped without a folder, whatever is required', () => {
    const machine = machineWith({ TENON_REQUIRE_ALL: '1', TENON_DATASETS: '' })
    expect(dataSet(missing, machine).missing).toBe('TENON_DATASETS names no folder with events/nothing.jsonl')
    expect(machine.said).toEqual(['skipped: the examples, since TENON_DATASETS names no folder with events/nothing.jsonl'])
  })

  it('fails in a folder that is named, where nothing may be missing', () => {
    expect(() => dataSet(missing, machineWith({ TENON_REQUIRE_ALL: '1', TENON_DATASETS }))).toThrow('the examples must not be skipped')
    expect(dataSet(missing, machineWith({ TENON_DATASETS })).missing).toBeDefined()
    expect(dataSet({ name: 'data-set.ts', suite: 'this' }, machineWith({ TENON_DATASETS }))).toEqual({
      path: `${TENON_DATASETS}data-set.ts`,
      missing: undefined,
    })
  })
})
