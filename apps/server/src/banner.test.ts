import { describe, expect, it } from 'vitest'
import { tryLines } from './banner.ts'

const server = {
  address: 'http://127.0.0.1:4321',
  edition: 'retail',
  keys: { write: { how: 'given' }, api: { how: 'given' } },
  takesTracks: true,
} as const
const commandsOf = (...told: Parameters<typeof tryLines>): readonly string[] =>
  tryLines(...told).flatMap((line) => /^ {2}\d\. (.+)/.exec(line)?.[1] ?? [])

describe('what a person may try', () => {
  it('is all that the retail edition shows with its sample, and what needs none without it', () => {
    expect(commandsOf(server, { person: 'user_id:an' })).toEqual([
      'Send an event',
      'See a person',
      'Count an audience',
      'Recommend',
      'Give a coupon',
    ])
    expect(commandsOf(server, undefined)).toEqual(['Send an event', 'See a person', 'Count an audience'])
  })

  it('is nothing that the edition has no source for', () => {
    expect(commandsOf({ ...server, takesTracks: false }, undefined)).toEqual(['See the plugins', 'Count an audience'])
  })
})
