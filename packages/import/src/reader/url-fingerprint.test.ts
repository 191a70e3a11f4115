import { once } from 'node:events'
import { createServer, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../source/free-port.fixture.ts'
import { urlFingerprint } from './url-fingerprint.ts'

let answer: { readonly status: number; readonly headers: OutgoingHttpHeaders } = { status: 200, headers: {} }
let methods: (string | undefined)[] = []
const server = createServer(({ method }, response) => {
  methods.push(method)
  // In chunks: a length stands in the headers of the test alone.
  response.writeHead(answer.status, answer.headers).write('n')
  response.end('\n1\n')
})
let url = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.csv?token=geheim`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const asked = (headers: OutgoingHttpHeaders, status = 200) => {
  answer = { status, headers }
  methods = []
  return urlFingerprint({ url, source: 'a.csv' })
}

describe('the fingerprint of an address', () => {
  const tagged = { etag: '"v1"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT', 'content-length': '4' }

  it.each([
    ['version', { ...tagged, etag: '"v2"' }],
    ['date', { ...tagged, 'last-modified': 'Mon, 01 Jan 2024 00:00:01 GMT' }],
    ['length', { ...tagged, 'content-length': '5' }],
  ])('is another one with another %s', async (_, other) => {
    const known = await asked(tagged)
    expect(await asked(tagged)).toBe(known)
    expect(await asked(other)).not.toBe(known)
  })

  it.each([['version', 'etag'] as const, ['date', 'last-modified'] as const])('takes a %s alone', async (_, header) => {
    expect(await asked({ [header]: tagged[header] })).not.toBe('')
  })

  it('is empty where its server tells neither version nor date', async () => {
    expect(await asked({})).toBe('')
    expect(await asked({ 'content-length': '4' })).toBe('')
  })

  it('is asked for as the file is', async () => {
    await asked(tagged)
    expect(methods).toEqual(['GET'])
  })

  it.each([
    [404, 'its server answered 404'],
    [302, 'redirects are not followed'],
  ])('is none where the server answers %i', async (status, reason) => {
    const error = await asked({ location: '/b.csv?token=geheim' }, status).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'TENON_IMPORT_UNREADABLE', message: expect.stringContaining(reason) })
    expect(String(error)).not.toContain('geheim')
    expect(methods).toHaveLength(1)
  })

  it('is none where nobody answers', async () => {
    const gone = `http://127.0.0.1:${await freePort()}/a.csv?token=geheim`
    const error = await urlFingerprint({ url: gone, source: 'a.csv' }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'TENON_IMPORT_UNREADABLE', message: expect.stringContaining('ECONNREFUSED') })
    expect(String(error)).not.toContain('geheim')
  })
})
