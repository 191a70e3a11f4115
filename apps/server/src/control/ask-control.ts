import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { readControlFile } from './control-file.ts'
import { ControlFailed } from './errors.ts'

export type ControlAnswer = { readonly running: false } | { readonly running: true; readonly result: unknown }

/** Asks the server that runs on a data folder, if one does. Throws what it failed with. */
export async function askControl(
  dataDir: string,
  request: { readonly path: string; readonly body?: unknown; readonly onProgress?: (progress: unknown) => void },
): Promise<ControlAnswer> {
  const address = await readControlFile(dataDir)
  if (address === undefined) return { running: false }
  const response = await fetch(`${address.url}/${request.path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${address.token}` },
    body: JSON.stringify(request.body ?? null),
  }).catch(refusedIsGone)
  if (response === undefined) return { running: false }
  if (response.status !== 200 || response.body === null) throw ControlFailed.create({ problem: `it answered ${response.status}` })
  for await (const text of createInterface({ input: Readable.fromWeb(response.body) })) {
    const line: ControlLine = JSON.parse(text)
    if (line.problem !== undefined) throw ControlFailed.create({ problem: `${line.problem.code}: ${line.problem.message}` })
    if ('result' in line) return { running: true, result: line.result }
    request.onProgress?.(line.progress)
  }
  throw ControlFailed.create({ problem: 'it went away in between' })
}

interface ControlLine {
  readonly progress?: unknown
  readonly result?: unknown
  readonly problem?: { readonly code: string; readonly message: string }
}

/** A server that was killed leaves its file behind. */
function refusedIsGone(error: unknown): undefined {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') return undefined
  throw error
}
