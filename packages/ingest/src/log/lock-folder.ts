import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LogLocked } from '../errors.ts'

interface Owner {
  readonly pid: number
  /** Tells a process from a later one with the same number; empty where the system does not say. */
  readonly started: string
  readonly nonce: string
}

/**
 * Takes a folder for this process, over from one that died. Linking is atomic, so of several that try one succeeds.
 * Returns how to give it up.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = join(folder, 'lock')
  const { started } = await readProcess(process.pid)
  const own: Owner = { pid: process.pid, started, nonce: randomUUID() }
  const draft = join(folder, `lock.${own.nonce}`)
  await writeFile(draft, JSON.stringify(own))
  try {
    for (;;) {
      if (await linked(draft, lock)) return async () => release(lock, own)
      const holder = await readOwner(lock)
      if (holder === undefined) continue
      if (await lives(holder)) throw LogLocked.create({ folder, pid: holder.pid })
      await evict(lock, holder, `${draft}.old`)
    }
  } finally {
    await rm(draft, { force: true })
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Moves the dead lock aside. If somebody else was faster and it is a living one by now, it goes back. */
async function evict(lock: string, dead: Owner, aside: string): Promise<void> {
  try {
    await rename(lock, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  const moved = await readOwner(aside)
  if (moved !== undefined && moved.nonce !== dead.nonce) await linked(aside, lock)
  await rm(aside, { force: true })
}

async function release(lock: string, own: Owner): Promise<void> {
  const holder = await readOwner(lock)
  if (holder?.nonce === own.nonce) await rm(lock, { force: true })
}

/** Undefined when it is gone. A lock that can not be read was never finished: it belongs to nobody. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner: Partial<Owner> = JSON.parse(await readFile(path, 'utf8'))
    return { pid: owner.pid ?? 0, started: owner.started ?? '', nonce: owner.nonce ?? '' }
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    if (error instanceof SyntaxError) return { pid: 0, started: '', nonce: '' }
    throw error
  }
}

async function lives({ pid, started }: Owner): Promise<boolean> {
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (isCode(error, 'ESRCH')) return false
  }
  const now = await readProcess(pid)
  return !now.hasEnded && (started === '' || now.started === '' || started === now.started)
}

/**
 * When it started: clock ticks since boot, with the boot, empty where the system has no /proc. One that ended keeps its number
 * until its parent hears of it, which may be never: a container whose first process waits for nobody.
 */
async function readProcess(pid: number): Promise<{ readonly started: string; readonly hasEnded: boolean }> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    const [state = '', ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Its first thread may have ended while another still writes.
    const threads = Number(others[16])
    return { started: `${boot.trim()}/${others[18] ?? ''}`, hasEnded: (state === 'Z' || state === 'X') && !(threads > 1) }
  } catch {
    return { started: '', hasEnded: false }
  }
}

const isCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code
