import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { type Page, readPages, root } from './pages.ts'

const pages = await readPages('**/*.md')

/** Links outside code, as they are written. */
function linksOf({ text }: Page): readonly string[] {
  const prose = codeBlocks(text)
    .reduce((rest, block) => rest.replace(block.text, ''), text)
    .replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target ?? '').filter((target) => !/^[a-z]+:/.test(target))
}

/** As GitHub names the headings of a page. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

async function problemOf(page: Page, link: string): Promise<string | undefined> {
  const [path = '', anchor] = link.split('#', 2)
  const target = path === '' ? join(root, page.path) : join(root, dirname(page.path), decodeURIComponent(path))
  if (!existsSync(target)) return `${page.path}: ${link} leads nowhere`
  if (anchor === undefined || anchor === '' || statSync(target).isDirectory() || !target.endsWith('.md')) return undefined
  return anchorsOf(await readFile(target, 'utf8')).has(anchor) ? undefined : `${page.path}: ${link} names no heading`
}

describe('links', () => {
  it('lead somewhere, on every page', async () => {
    const all = pages.flatMap((page) => linksOf(page).map((link) => ({ page, link })))
    expect(all.length).toBeGreaterThan(50)
    const problems = await Promise.all(all.map(({ page, link }) => problemOf(page, link)))
    expect(problems.filter((problem) => problem !== undefined)).toEqual([])
  })

  it('are missed where they are broken', async () => {
    const page = { path: 'docs/x.md', text: 'see [a](guides/nowhere.md), [b](glossary.md#nothing) and `[c](code)`' }
    const problems = await Promise.all(linksOf(page).map((link) => problemOf(page, link)))
    expect(problems).toEqual(['docs/x.md: guides/nowhere.md leads nowhere', 'docs/x.md: glossary.md#nothing names no heading'])
  })
})
