import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ChannelSubject, channelConformance } from '@tenon/kernel/conformance'
import type { Channel } from '@tenon/kernel/contracts'
import { conforms } from '@tenon/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { readPage, root } from './pages.ts'

type Post = (loft: (message: object, signal: AbortSignal) => Promise<number>) => Channel

/** Inside `docs`, so that imports are found as in any package of the workspace. */
const folder = join(root, 'docs', '.blocks', `readme-${process.pid}`)
afterAll(() => rm(folder, { recursive: true, force: true }))

const STATUS = { accept: 200, refuse: 404, busy: 503 } as const
const [plugin = ''] = codeBlocks((await readPage('README.md')).text).flatMap(({ text }) =>
  text.includes('function pigeonPost') ? [text] : [],
)

async function readPlugin(): Promise<Post> {
  const file = join(folder, 'plugin.ts')
  await mkdir(folder, { recursive: true })
  await writeFile(file, plugin)
  const { pigeonPost }: { readonly pigeonPost: Post } = await import(pathToFileURL(file).href)
  return pigeonPost
}

const subject = (pigeonPost: Post): ChannelSubject => ({
  async open(turns) {
    const reached: string[] = []
    const loft = async (message: object, signal: AbortSignal): Promise<number> => {
      signal.throwIfAborted()
      if (!('id' in message) || !('to' in message)) return 400
      const status = STATUS[turns.get(String(message.to)) ?? 'accept']
      if (status === STATUS.accept) reached.push(String(message.id))
      return status
    }
    return { channel: pigeonPost(loft), reached: () => reached }
  },
  address: (index) => `roof-${index}`,
  content: { text: 'It is spring.' },
  badContents: [{}, { text: '' }, { text: 'x'.repeat(161) }, { txt: 'It is spring.' }],
})

conforms({ describe, it }, channelConformance, { name: 'the plugin of the README', subject: async () => subject(await readPlugin()) })

it('is about as long as the README says', () => {
  expect(
    plugin
      .trim()
      .split('\n')
      .filter((line) => line !== '').length,
  ).toBeLessThan(35)
})
