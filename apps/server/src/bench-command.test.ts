import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

async function tenon(...args: readonly string[]): Promise<{ readonly out: string; readonly code: unknown }> {
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, 'tenon.ts'), ...args])
  const [printed, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { out: printed + said, code }
}

it('lists the benches, runs one, and refuses what there is not', { timeout: 60_000 }, async () => {
  expect(await tenon('bench')).toMatchObject({ out: expect.stringMatching(/kernel +start and type-check/), code: 0 })
  expect(await tenon('bench', 'linkage', '--smoke')).toMatchObject({
    out: expect.stringMatching(/"bench":"linkage"|skipped: TENON_DATASETS/),
    code: 0,
  })
  expect(await tenon('bench', 'nothing')).toMatchObject({ code: 1 })
})
