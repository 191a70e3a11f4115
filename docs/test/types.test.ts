import { spawnSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { type Page, readPages, root } from './pages.ts'

/** Inside `docs`, so that imports are found as in any package of the workspace. */
const folder = join(root, 'docs', '.blocks', String(process.pid))
const tsc = join(root, 'node_modules', '.bin', 'tsc')
/** What a fragment can not be: it leans on what is not shown. Few pages need one. */
const mostFragments = 4

const options = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: { moduleDetection: 'force' },
  include: ['**/*.ts'],
}

/** Each page in a folder of its own, so that the files of a guide can import each other. */
async function writeBlocks(pages: readonly Page[]): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>()
  for (const { path, text } of pages) {
    for (const { language, note, text: code, line } of codeBlocks(text)) {
      if (language !== 'ts' || note === 'fragment') continue
      const file = join(path.replaceAll(/\W/g, '-'), note === '' ? `line-${line}.ts` : note)
      places.set(file, `${path}:${line}`)
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), code)
    }
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options))
  return places
}

/** What the compiler says, with the block of the page that it says it about. */
function compile(places: ReadonlyMap<string, string>): readonly string[] {
  const { stdout } = spawnSync(tsc, ['-p', '.', '--pretty', 'false'], { cwd: folder, encoding: 'utf8' })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^([^(]+)/, (file) => places.get(file) ?? file))
}

describe('TypeScript on pages', () => {
  let pages: readonly Page[] = []
  beforeAll(async () => {
    pages = await readPages('README.md', 'README.zh-CN.md', 'docs/guides/*.md', 'docs/architecture.md')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('compiles against the workspace, and only what is wrong does not', { timeout: 120_000 }, async () => {
    const wrong = { path: 'wrong.md', text: "```ts\nimport { definePlugins } from '@tenon/kernel'\n```\n" }
    const places = await writeBlocks([...pages, wrong])
    expect(places.size).toBeGreaterThan(10)
    expect(compile(places)).toEqual([expect.stringMatching(/^wrong\.md:1\(1,10\): error .*definePlugins/)])
  })

  it('is seldom a fragment', () => {
    const fragments = pages.flatMap(({ text }) => codeBlocks(text).filter(({ note }) => note === 'fragment'))
    expect(fragments.length).toBeLessThanOrEqual(mostFragments)
  })
})
