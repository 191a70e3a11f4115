import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { deprecations } from '../packages/kernel/src/runtime/index.ts'
import { collectErrors, type DocumentedError, definedCodes, renderDocs } from './error-docs.ts'

const ROOT = join(import.meta.dirname, '..')

describe('the error registry', () => {
  let errors: readonly DocumentedError[] = []
  beforeAll(async () => {
    errors = await collectErrors(ROOT)
  })

  it('uses every code once', () => {
    const codes = errors.map(({ code }) => code)
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([])
    expect(codes.length).toBeGreaterThan(0)
  })

  it('holds every code that a source defines', async () => {
    const registered = new Set(errors.map(({ code }) => code))
    const defined = await definedCodes(ROOT)
    expect(defined.filter(({ code }) => !registered.has(code))).toEqual([])
    expect(defined.map(({ code }) => code)).toContain('TENON_EDITION_INVALID')
  })

  it('says of each what it means, what to do, and a status that HTTP knows', () => {
    for (const { code, title, help, status } of errors) {
      expect(code).toMatch(/^TENON_[A-Z0-9]+(_[A-Z0-9]+)*$/)
      expect(title, code).toMatch(/\.$/)
      expect(help.length, code).toBeGreaterThan(20)
      expect(status, code).toBeGreaterThanOrEqual(400)
      expect(status, code).toBeLessThan(600)
    }
  })

  it('is what docs/ says; `pnpm run docs:errors` writes it anew', async () => {
    const pages = renderDocs(errors, deprecations)
    const written = (await readdir(join(ROOT, 'docs/errors'))).map((file) => `errors/${file}`)
    expect(written.sort()).toEqual([...pages.keys()].filter((path) => path.startsWith('errors/')).sort())
    for (const [path, text] of pages) expect(await readFile(join(ROOT, 'docs', path), 'utf8'), path).toBe(text)
  })
})
