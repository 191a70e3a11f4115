import { StaleSkip } from './stale-skip.ts'

/** What any test runner offers: `node:test`, vitest and jest have it. */
export interface Runner {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
}

export interface ConformsOptions<Subject, Case extends string> {
  readonly name: string
  /** Called for every case: no case sees what another one did. */
  readonly subject: () => Subject | Promise<Subject>
  /**
   * Cases that the subject is known to fail, each with the reason. They are played all the same: one that passes fails
   * the run until its skip is removed. A case that does not exist does not compile.
   */
  readonly skip?: Partial<Readonly<Record<Case, string>>>
}

/**
 * Plays a conformance suite on a subject, one test per case.
 *
 * @example
 * ```ts
 * import { channelConformance } from '@tenon/kernel/conformance'
 * import { conforms } from '@tenon/testing'
 * import { describe, it } from 'vitest'
 *
 * conforms({ describe, it }, channelConformance, { name: 'acme.channel-pigeon', subject: () => pigeonSubject() })
 * ```
 */
export function conforms<Subject, Case extends string>(
  runner: Runner,
  suite: Readonly<Record<Case, (subject: Subject) => Promise<void>>>,
  options: ConformsOptions<NoInfer<Subject>, NoInfer<Case>>,
): void {
  const cases = Object.entries<(subject: Subject) => Promise<void>>(suite)
  const reasons = new Map<string, string | undefined>(Object.entries(options.skip ?? {}))
  refuseUnknown(options.name, reasons, new Set(cases.map(([name]) => name)))
  runner.describe(`${options.name} conforms`, () => {
    for (const [name, play] of cases) {
      const reason = reasons.get(name)
      if (reason === undefined) runner.it(name, async () => play(await options.subject()))
      else
        runner.it(`${name} (skipped: ${reason})`, async () =>
          expectFailure(options.name, name, reason, async () => play(await options.subject())),
        )
    }
  })
}

/** Names are checked by the compiler; this is for suites that are called from plain JavaScript. */
function refuseUnknown(name: string, reasons: ReadonlyMap<string, string | undefined>, known: ReadonlySet<string>): void {
  for (const [skipped, reason] of reasons) {
    if (!known.has(skipped)) throw StaleSkip.create({ suite: name, case: skipped, why: 'there is no such case' })
    if (reason?.trim() === '') throw StaleSkip.create({ suite: name, case: skipped, why: 'a skip needs a reason' })
  }
}

async function expectFailure(suite: string, name: string, reason: string, play: () => Promise<void>): Promise<void> {
  try {
    await play()
  } catch {
    return
  }
  throw StaleSkip.create({ suite, case: name, why: `it passes now; remove the skip (${reason})` })
}
