import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { readControlFile } from './control-file.ts'
import type { ControlLine } from './control-line.ts'
import { ControlFailed } from './errors.ts'

export type ControlAnswer = { readonly running: false } | { readonly running: true; readonly result: unknown }

/** A server that lives says so every ten seconds. */
const SILENCE_MS = 60_000
const GONE = 'it went away in between'

/** Asks the server that runs on a data folder, if one does, and waits for as long as it lives. Throws what it failed with. */
export async function askControl(
  dataDir: string,
  asked: {
    readonly path: string
    readonly body?: unknown
    readonly onProgress?: (progress: unknown) => void
    readonly signal?: AbortSignal
    readonly silenceMs?: number
  },
): Promise<ControlAnswer> {
  const address = await readControlFile(dataDir)
  if (address === undefined) return { running: false }
  const { path, body = null, signal, silenceMs = SILENCE_MS } = asked
  const headers = { authorization: `Bearer ${address.token}` }
  try {
    const response = await send({ url: `${address.url}/${path}`, headers, body: JSON.stringify(body), silenceMs, signal })
    if (response.statusCode !== 200) throw ControlFailed.create({ problem: `it answered ${response.statusCode}` })
    return { running: true, result: await resultOf(response, asked.onProgress) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // Killed just now, before it could take its file away.
    if (code === 'ECONNREFUSED') return { running: false }
    if (code === 'ECONNRESET' || code === 'EPIPE') throw ControlFailed.create({ problem: GONE }, error)
    throw error
  }
}

async function resultOf(response: IncomingMessage, onProgress: ((progress: unknown) => void) | undefined): Promise<unknown> {
  try {
    for await (const text of createInterface({ input: response })) {
      const line: ControlLine = JSON.parse(text)
      if ('problem' in line) throw ControlFailed.create({ problem: `${line.problem.code}: ${line.problem.message}` })
      if ('result' in line) return line.result
      if ('progress' in line) onProgress?.(line.progress)
    }
  } finally {
    response.destroy()
  }
  throw ControlFailed.create({ problem: GONE })
}

function send(sent: {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly silenceMs: number
  readonly signal: AbortSignal | undefined
}): Promise<IncomingMessage> {
  const { url, headers, body, silenceMs, signal } = sent
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers, ...(signal === undefined ? {} : { signal }) }, (response) => {
      // Whoever reads it hears of the end by the end of the lines.
      response.on('error', () => undefined)
      resolve(response)
    })
    sending.on('error', reject)
    sending.setTimeout(silenceMs, () => sending.destroy(ControlFailed.create({ problem: `it says nothing for ${silenceMs / 1_000} s` })))
    sending.end(body)
  })
}
