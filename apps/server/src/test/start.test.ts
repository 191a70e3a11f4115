import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestPlace, testPlace } from './running.fixture.ts'

const main = join(import.meta.dirname, '../main.ts')

let place: TestPlace
beforeAll(async () => {
  place = await testPlace({ TENON_SMTP_PORT: '9' })
})
afterAll(() => place.close())

/** Starts as a user does, until it says how it is stopped; stops it by SIGINT once `meanwhile` is through. */
async function play(args: readonly string[], meanwhile: (lines: readonly string[]) => Promise<void> = async () => {}) {
  const child = spawn(process.execPath, [...process.execArgv, main, ...args], {
    env: { ...process.env, ...place.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines: string[] = []
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      if (!line.startsWith('Stop with Ctrl-C')) continue
      await meanwhile(lines)
      child.kill('SIGINT')
    }
  } finally {
    child.kill('SIGKILL')
  }
  const [code] = await exited
  return { lines, code }
}

async function run(command: string): Promise<string> {
  const child = spawn('bash', ['-c', command.replace('curl -s', 'curl -fsS --max-time 30')], {
    env: { ...process.env, ...place.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [answer, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect(code, `${command}: ${answer}`).toBe(0)
  return answer
}

describe('tenon start', () => {
  it('without a sample loads none, prints commands that work as printed, and stops in order', { timeout: 120_000 }, async () => {
    const { lines, code } = await play(['--no-sample'], async (printed) => {
      const commands = printed.flatMap((line) => /^ +(curl .*)$/.exec(line)?.[1] ?? [])
      expect(commands).toHaveLength(3)
      const answers: unknown[] = []
      for (const command of commands) answers.push(JSON.parse(await run(command)))
      expect(answers).toMatchObject([{ success: true }, { identifiers: [{ type: 'user_id', value: 'you' }] }, { size: expect.any(Number) }])
    })
    expect(code).toBe(0)
    expect(lines.at(-1)).toBe('stopped')
    expect(lines.join('\n')).not.toContain('sample')
    // They belong to the settings, and what is printed ends up in journals.
    for (const key of ['TENON_WRITE_KEY', 'TENON_API_KEY']) expect(lines.join('\n')).not.toContain(place.env[key])
  })

  it('loads no sample beside what somebody has sent, and finds that again', { timeout: 120_000 }, async () => {
    const { lines, code } = await play([], async (printed) => {
      const [, see = ''] = printed.flatMap((line) => /^ +(curl .*)$/.exec(line)?.[1] ?? [])
      expect(await run(see)).toContain('"you"')
    })
    expect([code, lines.at(-1)]).toEqual([0, 'stopped'])
    expect(lines.join('\n')).not.toContain('sample')
  })

  it('ends in order when nobody waits for what failed, and tells nothing but its kind', { timeout: 120_000 }, async () => {
    const forget = "process.on('SIGUSR2', () => void Promise.reject(new RangeError('ann@example.com')))"
    const child = spawn(
      process.execPath,
      [...process.execArgv, `--import=data:text/javascript,${encodeURIComponent(forget)}`, main, '--no-sample'],
      {
        env: { ...process.env, ...place.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const [exited, log] = [once(child, 'exit'), text(child.stderr)]
    const lines: string[] = []
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line)
        if (line.startsWith('Stop with Ctrl-C')) child.kill('SIGUSR2')
      }
    } finally {
      child.kill('SIGKILL')
    }
    expect(await exited).toEqual([1, null])
    expect(lines.at(-1)).toBe('stopped')
    const said = await log
    expect(said).toContain('"error":{"type":"RangeError"')
    expect(said).not.toContain('ann@')
  })

  it('ends with the name of what it does not know', { timeout: 60_000 }, async () => {
    expect(await play(['--no-samples'])).toMatchObject({ code: 1, lines: [] })
  })
})
