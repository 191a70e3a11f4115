import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** What Biome's JSON report holds, as far as it is read here. */
interface Report {
  readonly diagnostics: readonly { readonly location: { readonly path: string; readonly start: { readonly line: number } } }[]
}

/** Lints files of a tree that has nothing else but the rules of this one; answers the refused lines as `file:line`. */
async function refusedLines(sources: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tenon-boundaries-'))
  try {
    for (const [file, lines] of Object.entries(sources)) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), `${lines.join('\n')}\n`)
    }
    await copyFile(join(ROOT, 'biome.boundaries.json'), join(folder, 'biome.json'))
    const options = ['lint', '--only=style/noRestrictedImports', '--max-diagnostics=none', '--reporter=json', '.']
    const { stdout } = await promisify(execFile)(join(ROOT, 'node_modules/.bin/biome'), options, { cwd: folder }).catch(
      (error: { readonly stdout: string }) => error,
    )
    const { diagnostics }: Report = JSON.parse(stdout)
    return diagnostics.map(({ location }) => `${location.path}:${location.start.line}`).sort()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Case {
  readonly allowed: readonly string[]
  readonly refused: readonly string[]
}

const CASES: Readonly<Record<string, Case>> = {
  'plugins/tag-x/src/plugin.ts': {
    allowed: ['@tenon/kernel', '@tenon/kernel/contracts', 'zod', './config.ts', '../package.json'],
    refused: [
      '@tenon/store',
      '@tenon/testing',
      '@tenon/plugin-tag-rfm',
      '../../../packages/kernel/src/index.ts',
      '../../tag-rfm/src/index.ts',
      'tsyringe',
    ],
  },
  'plugins/tag-x/src/plugin.test.ts': {
    allowed: ['@tenon/kernel/runtime', '@tenon/testing', '@tenon/testing/stores', 'vitest', './plugin.ts'],
    refused: ['@tenon/store', '@tenon/embedded', '@tenon/plugin-tag-rfm'],
  },
  'packages/kernel/src/plugin/plugin.ts': {
    allowed: ['./needs.ts', '@standard-schema/spec'],
    refused: ['../runtime/kernel.ts', '../index.ts', '@tenon/store'],
  },
  'packages/kernel/src/contracts/tag/contract.ts': {
    allowed: ['../../plugin/capability.ts', '../nouns/profile.ts', './guard.ts'],
    refused: ['../../runtime/index.ts', '../../index.ts', '../../../../store/src/index.ts', '@tenon/analytics'],
  },
  'packages/kernel/src/contracts/index.ts': { allowed: ['./tag/contract.ts', '../plugin/plugin.ts'], refused: ['../runtime/index.ts'] },
  'packages/kernel/src/runtime/kernel.ts': {
    allowed: ['../plugin/needs.ts', './container.ts', 'node:util'],
    refused: ['../contracts/index.ts', '../index.ts', 'tsyringe', 'reflect-metadata', '@tenon/store'],
  },
  'packages/kernel/src/runtime/container.ts': { allowed: ['tsyringe', 'reflect-metadata'], refused: ['../contracts/index.ts'] },
  'packages/analytics/src/client.ts': { allowed: ['@tenon/kernel/contracts'], refused: ['@tenon/store', '@tenon/testing'] },
  'packages/analytics/src/client.test.ts': { allowed: ['@tenon/testing/stores'], refused: ['tsyringe'] },
  'packages/store/src/client.ts': { allowed: ['@tenon/kernel'], refused: ['@tenon/ingest', '@tenon/analytics'] },
  'packages/ingest/src/accept.ts': {
    allowed: ['@tenon/privacy', '@tenon/analytics', '@tenon/store'],
    refused: ['@tenon/audience', '@tenon/api'],
  },
  'packages/audience/src/audience.ts': {
    allowed: ['@tenon/store', '@tenon/analytics'],
    refused: ['@tenon/decision', '@tenon/engage', '@tenon/ingest'],
  },
  'packages/decision/src/scenes/scene.ts': {
    allowed: ['@tenon/audience', '@tenon/privacy', '../deep/file.ts'],
    refused: ['@tenon/engage', '@tenon/api', '@tenon/plugin-recommender-popular', '../../../store/packages/index.ts'],
  },
  'packages/engage/src/engage.ts': { allowed: ['@tenon/audience', '@tenon/privacy'], refused: ['@tenon/decision', '@tenon/ingest'] },
  'packages/operations/src/back-up.ts': {
    allowed: ['@tenon/ingest', '@tenon/audience', '@tenon/store'],
    refused: ['@tenon/api', '@tenon/decision', '@tenon/plugin-tag-rfm'],
  },
  'packages/api/src/app.ts': {
    allowed: ['@tenon/ingest', '@tenon/decision', '@tenon/engage'],
    refused: ['@tenon/client', '@tenon/plugin-tag-rfm'],
  },
  'packages/client/src/client.ts': { allowed: ['@tenon/api'], refused: ['@tenon/store'] },
  'apps/server/src/main.ts': { allowed: ['@tenon/api', '@tenon/plugin-tag-rfm'], refused: ['tsyringe'] },
}

describe('import boundaries', () => {
  it('let through what is allowed and refuse everything else', async () => {
    const sources = Object.entries(CASES).map(([file, { allowed, refused }]) => [
      file,
      [...allowed, ...refused].map((from) => `import '${from}'`),
    ])
    const expected = Object.entries(CASES).flatMap(([file, { allowed, refused }]) =>
      refused.map((_, index) => `${file}:${allowed.length + index + 1}`),
    )
    expect(await refusedLines(Object.fromEntries(sources))).toEqual(expected.sort())
  })

  it('see every form of import', async () => {
    const forms = [
      "import { a } from '@tenon/store'",
      "import type { B } from '@tenon/store'",
      "export { c } from '@tenon/store'",
      "export * from '@tenon/store'",
      "export const d = await import('@tenon/store')",
      "export const e = import.meta.resolve('zod')",
    ]
    const file = 'plugins/tag-x/src/plugin.ts'
    expect(await refusedLines({ [file]: forms })).toEqual([1, 2, 3, 4, 5].map((line) => `${file}:${line}`))
  })
})
