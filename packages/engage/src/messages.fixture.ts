import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { SendOutcome } from './accept.ts'
import type { Engage } from './engage.ts'
import { type House, openHouse } from './house.fixture.ts'

/** One house for the tests of a file; each test sees its own workspaces alone. */
export function houseOfFile(): () => House {
  let house: House | undefined
  beforeAll(async () => {
    house = await openHouse()
  }, 60_000)
  beforeEach(() => house?.forget())
  afterAll(() => house?.close())
  return () => {
    if (house === undefined) throw new Error('the house opens before the first test')
    return house
  }
}

let keys = 0
export const request = (workspace: string, profile: number, over: object = {}) => ({
  workspace,
  profile,
  purpose: 'marketing',
  content: { text: 'hello' },
  idempotencyKey: `key-${++keys}`,
  ...over,
})

export function idOf(outcome: SendOutcome): string {
  if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome.problems)}`)
  return outcome.id
}

export const stateOf = async (engage: Engage, workspace: string, id: string) => {
  const message = await engage.message({ workspace, id })
  return message?.reason === undefined ? message?.state : `${message.state}: ${message.reason.code}`
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('it did not happen in time')
}
