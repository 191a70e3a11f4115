import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly files?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly publishConfig?: { readonly access?: string; readonly exports?: Manifest['exports'] }
}

const read = (folder: string): Manifest => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
const published = ['packages', 'plugins']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  .map((folder) => ({ folder, manifest: read(folder) }))
  .filter(({ manifest }) => manifest.private !== true)

describe('what is published', () => {
  it.each(published)('$folder exports what the workspace does, without sources', ({ manifest }) => {
    const withoutSources = Object.entries(manifest.exports).map(([entry, { '@tenon/source': source, ...rest }]) => {
      expect(source).toMatch(/^\.\/src\/.*\.ts$/)
      return [entry, rest]
    })
    expect(manifest.publishConfig).toEqual({ access: 'public', exports: Object.fromEntries(withoutSources) })
    expect(manifest.files).toEqual(['dist', 'README.md', 'CHANGELOG.md'])
  })

  it.each(published.filter(({ folder }) => folder.startsWith('plugins/')))('$folder takes any kernel of its minor', ({ manifest }) => {
    // One exact version would give an edition a kernel for each plugin that is older than the others.
    expect(manifest.dependencies?.['@tenon/kernel']).toBe('workspace:^')
  })

  it.each(published)('$folder has a page of its own', ({ folder, manifest }) => {
    const page = readFileSync(join(root, folder, 'README.md'), 'utf8')
    expect(page).toMatch(/^# /)
    expect(page).toContain(manifest.name)
  })
})
