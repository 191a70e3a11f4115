import assert from 'node:assert/strict'

/**
 * Runs synchronous work in which asking for the time of day or for a random number fails. Pure functions of a plugin
 * know neither: the instant comes with the context, chance with a seed.
 */
export function withoutClock<T>(run: () => T): T {
  const RealDate = globalThis.Date
  const realRandom = Math.random
  const forbid = (what: string): never => assert.fail(`${what} was asked; the instant of a call is context.now`)
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      args.length === 0 ? forbid('new Date()') : Reflect.construct(target, args, newTarget),
    apply: () => forbid('Date()'),
    get: (target, key) => (key === 'now' ? () => forbid('Date.now()') : Reflect.get(target, key)),
  })
  Math.random = () => forbid('Math.random()')
  try {
    return run()
  } finally {
    globalThis.Date = RealDate
    Math.random = realRandom
  }
}
