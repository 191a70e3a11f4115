import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askControl } from './ask-control.ts'
import { type ControlHandlers, type ControlRequest, openControl } from './open-control.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tenon-control-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

async function withControl<T>(handlers: ControlHandlers, run: (close: () => Promise<void>) => Promise<T>, beatMs = 50): Promise<T> {
  const control = await openControl({ dataDir, handlers, logger: quiet, beatMs })
  let isOpen = true
  const close = async () => {
    if (isOpen) await control.close()
    isOpen = false
  }
  try {
    return await run(close)
  } finally {
    await close()
  }
}

describe('the door for commands', () => {
  it('says that it lives for as long as it takes, and then what came of it', async () => {
    const finish = Promise.withResolvers<string>()
    const slowly = () => finish.promise
    await withControl(
      { slowly },
      async () => {
        const asked = askControl(dataDir, { path: 'slowly' })
        const { url, token } = JSON.parse(await readFile(join(dataDir, 'control.json'), 'utf8'))
        const beside = request(`${url}/slowly`, { method: 'POST', headers: { authorization: `Bearer ${token}` } }).end('null')
        const [answer] = await once(beside, 'response')
        const said: unknown[] = []
        for await (const line of createInterface({ input: answer })) {
          said.push(JSON.parse(line))
          if (said.length === 3) finish.resolve('done')
        }
        expect(said.pop()).toEqual({ result: 'done' })
        expect(said.length).toBeGreaterThanOrEqual(3)
        expect(new Set(said.map((line) => JSON.stringify(line)))).toEqual(new Set(['{"beat":true}']))
        expect(await asked).toEqual({ running: true, result: 'done' })
      },
      5,
    )
  })

  it('is given up without a sign of life', async () => {
    const hang = ({ signal }: ControlRequest) => once(signal, 'abort')
    await withControl(
      { hang },
      () => expect(askControl(dataDir, { path: 'hang', silenceMs: 100 })).rejects.toMatchObject({ code: 'TENON_CONTROL_FAILED' }),
      60_000,
    )
  })

  it('tells what goes on, and with which code it failed', async () => {
    const told: unknown[] = []
    const handlers: ControlHandlers = {
      async fail({ tell, body }) {
        tell({ half: body })
        throw Object.assign(new Error('no room'), { code: 'TENON_NO_ROOM' })
      },
    }
    await withControl(handlers, async () => {
      const asked = askControl(dataDir, { path: 'fail', body: 'way', onProgress: (one) => void told.push(one) })
      await expect(asked).rejects.toThrow(/no room/)
    })
    expect(told).toEqual([{ half: 'way' }])
  })

  it('ends what was asked for when the command goes away, and when the server stops', async () => {
    const begun = Promise.withResolvers<void>()
    let ended = 0
    const hang = async ({ signal }: ControlRequest) => {
      begun.resolve()
      await once(signal, 'abort')
      await delay(50)
      ended += 1
    }
    await withControl({ hang }, async () => {
      const gone = new AbortController()
      const asked = askControl(dataDir, { path: 'hang', signal: gone.signal })
      await begun.promise
      gone.abort()
      await expect(asked).rejects.toThrow()
      await expect.poll(() => ended).toBe(1)
    })
    const again = Promise.withResolvers<void>()
    const second = (request: ControlRequest) => {
      again.resolve()
      return hang(request)
    }
    await withControl({ second }, async (close) => {
      const asked = askControl(dataDir, { path: 'second' })
      asked.catch(() => undefined)
      await again.promise
      await close()
      // It waited: what the command did with the stores is over.
      expect(ended).toBe(2)
      await expect(asked).rejects.toMatchObject({ code: 'TENON_CONTROL_FAILED' })
    })
  })
})

describe('what a killed server left behind', () => {
  /** Somebody else got the port by now. */
  async function withStranger(run: (url: string, heard: readonly unknown[]) => Promise<void>): Promise<void> {
    const heard: unknown[] = []
    const stranger = createServer((request, response) => {
      heard.push(request.headers.authorization)
      response.end('{"result":"believed"}\n')
    })
    stranger.listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    try {
      await run(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}`, heard)
    } finally {
      stranger.close()
    }
  }
  const leave = (address: object) => writeFile(join(dataDir, 'control.json'), JSON.stringify(address))

  it('is not believed: neither of a process that is gone, nor of one whose number another has', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    await withStranger(async (url, heard) => {
      const own = await withControl({}, async () => JSON.parse(await readFile(join(dataDir, 'control.json'), 'utf8')))
      for (const owner of [{ pid: child.pid, started: own.started }, { pid: process.pid, started: '1' }, { pid: process.pid }]) {
        await leave({ url, token: 'secret', ...owner })
        expect(await askControl(dataDir, { path: 'doctor' })).toEqual({ running: false })
      }
      expect(heard).toEqual([])
      await leave({ ...own, url })
      expect(await askControl(dataDir, { path: 'doctor' })).toEqual({ running: true, result: 'believed' })
    })
  })
})
