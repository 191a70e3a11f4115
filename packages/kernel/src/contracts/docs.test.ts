import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import * as suites from './conformance.ts'

const KINDS = {
  benefit: suites.benefitConformance,
  channel: suites.channelConformance,
  consent: suites.consentConformance,
  identity: suites.identityConformance,
  matcher: suites.matcherConformance,
  recommender: suites.recommenderConformance,
  segmenter: suites.segmenterConformance,
  source: suites.sourceConformance,
  tag: suites.taggerConformance,
  transformation: suites.transformationConformance,
} as const

const textOf = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

/** The first block of TypeScript after a line. */
function blockAfter(line: string, page: string): string {
  const block = page.split(`\n${line}\n`)[1]?.match(/```ts\n([\s\S]*?)```/)?.[1]
  if (block === undefined) throw new Error(`there is no example after '${line}'`)
  return block
}

describe.each(Object.entries(KINDS))('docs/plugins/%s.md', (kind, suite) => {
  const page = textOf(`../../../../docs/plugins/${kind}.md`)

  it('shows the example that is tested', async () => {
    expect(blockAfter('## Example', await page)).toBe(await textOf(`./${kind}/example.fixture.ts`))
  })

  it('lists the cases of the suite', async () => {
    const listed = [...((await page).split('\nThe cases:\n')[1]?.matchAll(/^- (.+)$/gm) ?? [])].map(([, name]) => name)
    expect(listed).toEqual(Object.keys(suite))
  })

  it('shows the subject as it is', async () => {
    const source = (await textOf(`./${kind}/conformance.ts`)).replaceAll(/^export /gm, '')
    for (const part of blockAfter('The subject:', await page).split('\n\n')) expect(source).toContain(part)
  })

  it('shows the subject of the example', async () => {
    expect(await textOf(`./${kind}/example.test.ts`)).toContain(blockAfter('The one of the example above:', await page))
  })
})
