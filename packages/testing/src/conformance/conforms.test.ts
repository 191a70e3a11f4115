import { describe, expect, it } from 'vitest'
import { conforms, type Runner } from './conforms.ts'
import { StaleSkip } from './stale-skip.ts'

const suite = {
  'is even': async (number: number) => expect(number % 2).toBe(0),
  'is small': async (number: number) => expect(number).toBeLessThan(10),
}

/** Keeps what a runner would have run. */
function recorder(): Runner & { play(): Promise<Readonly<Record<string, unknown>>> } {
  const tests: [string, () => Promise<void>][] = []
  return {
    describe: (_name, body) => body(),
    it: (name, body) => void tests.push([name, body]),
    async play() {
      const results = tests.map(async ([name, body]) => [
        name,
        await body().then(
          () => 'passed',
          (error: unknown) => error,
        ),
      ])
      return Object.fromEntries(await Promise.all(results))
    },
  }
}

describe('conforms', () => {
  conforms({ describe, it }, suite, { name: 'eight', subject: () => 8 })

  it('asks for a subject for every case', async () => {
    let made = 0
    const runner = recorder()
    conforms(runner, suite, { name: 'n', subject: async () => ++made * 2 })
    expect(await runner.play()).toEqual({ 'is even': 'passed', 'is small': 'passed' })
    expect(made).toBe(2)
  })

  it('fails where the subject falls short', async () => {
    const runner = recorder()
    conforms(runner, suite, { name: 'n', subject: () => 7 })
    expect(await runner.play()).toEqual({ 'is even': expect.any(Error), 'is small': 'passed' })
  })

  it('lets a known failure pass, with its reason in the name', async () => {
    const runner = recorder()
    conforms(runner, suite, { name: 'n', subject: () => 7, skip: { 'is even': 'odd by birth, #12' } })
    expect(await runner.play()).toEqual({ 'is even (skipped: odd by birth, #12)': 'passed', 'is small': 'passed' })
  })

  it('fails the run for a skip of a case that passes', async () => {
    const runner = recorder()
    conforms(runner, suite, { name: 'n', subject: () => 8, skip: { 'is even': 'was odd once' } })
    const { 'is even (skipped: was odd once)': stale } = await runner.play()
    expect(StaleSkip.is(stale)).toBe(true)
    expect(String(stale)).toContain('it passes now')
  })

  it('refuses a skip without a reason, and one of no case', () => {
    const options = { name: 'n', subject: () => 8 }
    expect(() => conforms(recorder(), suite, { ...options, skip: { 'is even': ' ' } })).toThrow('needs a reason')
    // @ts-expect-error: there is no such case
    expect(() => conforms(recorder(), suite, { ...options, skip: { 'is odd': 'renamed' } })).toThrow('there is no such case')
  })

  it('does not compile with the subject of another suite', () => {
    // @ts-expect-error: the cases ask for a number
    conforms(recorder(), suite, { name: 'n', subject: () => 'eight' })
  })
})
