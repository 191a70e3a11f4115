import { expect, it } from 'vitest'
import { residentBytes } from './resident-bytes.ts'

it.skipIf(process.platform !== 'linux')('is what a process holds, and nothing once it is gone', () => {
  const told = residentBytes(process.pid) / process.memoryUsage.rss()
  expect(told).toBeGreaterThan(0.5)
  expect(told).toBeLessThan(2)
  expect(residentBytes(2 ** 31 - 1)).toBe(0)
})
