import { describeMeasure, describeRule, parseMeasure, parseRule } from '@tenon/kernel/contracts'
import { describe, expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { readPages } from './pages.ts'

const pages = await readPages('README*.md', 'docs/**/*.md')
const blocks = pages.flatMap(({ path, text }) => codeBlocks(text).map((block) => ({ ...block, place: `${path}:${block.line}` })))
const noted = (note: string) => blocks.filter((block) => block.language === 'json' && block.note === note)

describe('examples of rules and measures', () => {
  it.each(noted('rule'))('$place reads as a rule', ({ text }) => {
    const parsed = parseRule(JSON.parse(text))
    expect(parsed).toMatchObject({ ok: true })
    if (parsed.ok) expect(describeRule(parsed.rule, 'en')).not.toBe('')
  })

  it.each(noted('measure'))('$place reads as a measure', ({ text }) => {
    const parsed = parseMeasure(JSON.parse(text))
    expect(parsed).toMatchObject({ ok: true })
    if (parsed.ok) expect(describeMeasure(parsed.measure, 'zh')).not.toBe('')
  })

  it('are there, and all other JSON is JSON', () => {
    expect(noted('rule').length).toBeGreaterThan(20)
    for (const { text, place } of blocks.filter(({ language }) => language === 'json')) expect(() => JSON.parse(text), place).not.toThrow()
  })
})
