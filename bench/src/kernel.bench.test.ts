import { expect, it } from 'vitest'
import { bench } from './kernel.bench.ts'

it('starts and type-checks what it generates', async () => {
  const [result] = await bench.run({ smoke: true, args: [], log: () => {} })
  expect(result).toMatchObject({ bench: 'kernel', plugins: 10, start_ms: expect.any(Number), typecheck_ms: expect.any(Number) })
})
