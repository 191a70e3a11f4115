import { describe, expect, it } from 'vitest'
import { withDatabase } from './server-url.ts'

describe('withDatabase', () => {
  it.each([
    ['postgres://an:secret@db.test:5432/app?sslmode=require', 'postgres://an:secret@db.test:5432/fresh?sslmode=require'],
    ['postgres://postgres@/postgres?host=/tmp/a%20b', 'postgres://postgres@/fresh?host=/tmp/a%20b'],
    ['postgresql://db.test', 'postgresql://db.test/fresh'],
    ['http://127.0.0.1:8123', 'http://127.0.0.1:8123/fresh'],
    ['http://an:secret@127.0.0.1:8123/default?wait_end_of_query=1', 'http://an:secret@127.0.0.1:8123/fresh?wait_end_of_query=1'],
  ])('moves %s to another database', (url, expected) => {
    expect(withDatabase(url, 'fresh')).toBe(expected)
  })

  it('refuses what is not an address', () => {
    expect(() => withDatabase('here', 'fresh')).toThrow(TypeError)
  })
})
