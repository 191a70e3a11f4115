import { access, constants, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { openPages } from './open-pages.ts'

export interface TestBrowser {
  /** A page of a shop, in a profile of its own, with the library loaded and nothing called. */
  open(library: Library): Promise<ShopPage>
  close(): Promise<void>
}

export interface ShopPage {
  readonly page: Page
  close(): Promise<void>
}

/** Whether a library accepted to run. */
export type Loaded = { readonly ok: true } | { readonly ok: false; readonly error: string }

export type Library = 'segment' | 'rudder'

const require = createRequire(import.meta.url)
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The program that `TENON_CHROMIUM` names or that is on the path; undefined where there is none. */
export async function findChromium(env: Readonly<Record<string, string | undefined>> = process.env): Promise<string | undefined> {
  const folders = (env.PATH ?? '').split(delimiter)
  for (const path of [env.TENON_CHROMIUM ?? [], folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))].flat()) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  return undefined
}

/** A real browser and a shop whose pages come from another origin than the collector. */
export async function openBrowser(executablePath: string): Promise<TestBrowser> {
  const sources = {
    segment: require.resolve('@segment/analytics-next/dist/umd/index.js'),
    // The package exports its modules alone; the file that goes into a script element lies beside them.
    rudder: join(require.resolve('@rudderstack/analytics-js/bundled'), '../../umd/index.js'),
  }
  const scripts = { segment: await readFile(sources.segment), rudder: await readFile(sources.rudder) }
  const shop = await openPages(scripts)
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS })
  return {
    async open(library) {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(`${shop.address}/${library}.html`)
      return { page, close: () => context.close() }
    },
    async close() {
      await browser.close()
      await shop.close()
    },
  }
}
