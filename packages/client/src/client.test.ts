import { describe, expect, expectTypeOf, it } from 'vitest'
import { answer, createClient, inPath, isApiError } from './client.ts'

const answering =
  (status: number, body: unknown, seen: Request[] = []): typeof fetch =>
  async (input, init) => {
    seen.push(new Request(input, init))
    return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
  }

const clientOf = (given: typeof fetch) => createClient({ url: 'http://tenon.test', apiKey: 'key', fetch: given })

describe('client', () => {
  it('knows routes, bodies and answers', async () => {
    const seen: Request[] = []
    const tenon = clientOf(answering(200, { size: 3, sample: [], sentence: { en: 'a', zh: 'b' } }, seen))
    const preview = await answer(tenon.v1.segments.preview.$post({ json: { rule: { always: true } } }))
    expectTypeOf(preview.size).toEqualTypeOf<number>()
    expect(preview.size).toBe(3)
    expect(seen[0]?.url).toBe('http://tenon.test/v1/segments/preview')
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer key')
    expect(await seen[0]?.json()).toEqual({ rule: { always: true } })
    // @ts-expect-error a preview needs a rule
    await answer(tenon.v1.segments.preview.$post({ json: { asOf: '2026-01-01T00:00:00Z' } }))
  })

  it('carries any identifier in a path', async () => {
    const seen: Request[] = []
    const tenon = clientOf(answering(200, {}, seen))
    await answer(tenon.v1.profiles[':profile'].$get({ param: { profile: inPath('user_id:a/b c?') } }))
    expect(new URL(seen[0]?.url ?? '').pathname).toBe('/v1/profiles/user_id%3Aa%2Fb%20c%3F')
  })

  it('throws the problem of a refused request', async () => {
    const tenon = clientOf(answering(404, { code: 'TENON_NOT_FOUND', status: 404, title: 't', detail: "no profile 'x'", requestId: 'r' }))
    const error = await answer(tenon.v1.plugins.$get()).catch((thrown: unknown) => thrown)
    expect(isApiError(error) && error.problem.code).toBe('TENON_NOT_FOUND')
  })
})
