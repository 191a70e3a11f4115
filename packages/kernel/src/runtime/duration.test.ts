import { expect, it } from 'vitest'
import { parseDuration } from './duration.ts'

it.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['1.5h', 5_400_000],
  ['10m', 600_000],
  ['1d', 86_400_000],
  ['2w', 1_209_600_000],
])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms))

it.each(['', '10', '10 m', '-1s', '0s', '0.1ms', '1y', 'm', '1e9d', '99999999999999999w'])('refuses %j', (text) =>
  expect(parseDuration(text)).toBeUndefined(),
)
