import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EmbeddedBusy } from './errors.ts'
import { lockFolder } from './folder-lock.ts'

describe('lockFolder', () => {
  let dir: string
  const children: ChildProcess[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tenon-lock-'))
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  })

  /** Resolves when the child has the lock or was refused. */
  const lockElsewhere = async (): Promise<{ child: ChildProcess; answer: string }> => {
    const script = `import { lockFolder } from ${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)}
      try { lockFolder(${JSON.stringify(dir)}); console.log('held') } catch (error) { console.log(error.code) }
      setInterval(() => undefined, 60_000)`
    const args = ['--conditions=@tenon/source', '--input-type=module', '-e', script]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const [answer] = await once(createInterface({ input: child.stdout }), 'line')
    return { child, answer }
  }
  const busy = () => {
    try {
      lockFolder(dir)
      return undefined
    } catch (error) {
      return EmbeddedBusy.is(error) ? error.details.holder.pid : error
    }
  }

  it('is held by one, released, and held again', () => {
    const lock = lockFolder(dir)
    expect(busy()).toBe(process.pid)
    lock.release()
    lock.release()
    const again = lockFolder(dir)
    lock.release()
    expect(busy()).toBe(process.pid)
    again.release()
    expect(readdirSync(dir)).toEqual([])
  })

  it('lets one of many in, also over the lock of a process that was killed', async () => {
    const first = await lockElsewhere()
    expect(busy()).toBe(first.child.pid)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    const answers = (await Promise.all(Array.from({ length: 6 }, lockElsewhere))).map((one) => one.answer)
    expect(answers.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'TENON_EMBEDDED_BUSY'), 'held'])
  }, 60_000)

  it.each(['', '{', '{"pid":"x"}', JSON.stringify({ pid: process.pid, identity: 'of an earlier process' })])(
    'takes over the stale lock %j',
    (content) => {
      writeFileSync(join(dir, 'lock'), content)
      lockFolder(dir).release()
    },
  )
})
