import { describe, expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { readPage } from './pages.ts'

const english = (await readPage('README.md')).text
const chinese = (await readPage('README.zh-CN.md')).text

/** Where links lead, without those to the page in the other language. */
const linksOf = (text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)]+)\)/g)].flatMap(([, target = '']) => (target.startsWith('README') ? [] : [target]))

describe('the Chinese README', () => {
  it('has the sections, rows, links and code of the English one', () => {
    const shapeOf = (text: string) => ({
      headings: text.match(/^##? /gm)?.length,
      rows: text.match(/^\|/gm)?.length,
      points: text.match(/^- /gm)?.length,
      links: [...linksOf(text)].sort(),
      code: codeBlocks(text)
        .filter(({ language }) => language === 'ts')
        .map(({ text: code }) => code),
    })
    expect(shapeOf(chinese)).toEqual(shapeOf(english))
  })
})
