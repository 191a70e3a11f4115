/** What a suite needs of the machine that it runs on. */
export interface MachineNeed {
  /** What is not tested without it. */
  readonly suite: string
  /** Undefined where the machine does not have it. */
  readonly found: unknown
  /** Why the suite can not run then, such as `this machine has no nats-server`. */
  readonly reason: string
}

/** What is read of the environment, and where a reason is said. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  say(line: string): void
}

/**
 * Why a suite is skipped on this machine; undefined where it runs. The reason is said once, on standard error. Where `TENON_REQUIRE_ALL` is 1,
 * as in CI on a machine that can have everything, it is an error instead: nothing is left out there without anybody noticing.
 *
 * @example
 * ```ts
 * const skipped = skipReason({ suite: 'a fleet', found: findNatsServer(), reason: 'this machine has no nats-server' })
 * describe.skipIf(skipped !== undefined)('a fleet', () => {})
 * ```
 */
export function skipReason({ suite, found, reason }: MachineNeed, { env, say }: Surroundings = thisMachine): string | undefined {
  if (found !== undefined) return undefined
  if (env.TENON_REQUIRE_ALL === '1') throw new Error(`${suite} must not be skipped where TENON_REQUIRE_ALL is 1: ${reason}`)
  say(`skipped: ${suite}, since ${reason}`)
  return reason
}

export const thisMachine: Surroundings = { env: process.env, say: (line) => void process.stderr.write(`${line}\n`) }
