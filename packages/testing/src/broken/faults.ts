import type { Suite } from '@tenon/kernel/conformance'

/** A kind of plugin: its suite, a small plugin that keeps the contract, and mutations of it that each break one rule. */
export interface Faults<Subject> {
  readonly kind: string
  readonly suite: Suite<Subject>
  readonly good: () => Subject
  /** Named by what is wrong. */
  readonly broken: Readonly<Record<string, () => Subject>>
}

/** The same without the type of the subject: what a runner needs. */
export interface SeededKind {
  readonly kind: string
  readonly cases: number
  /** Cases that the good plugin fails: none. */
  failuresOfGood(): Promise<readonly string[]>
  readonly faults: readonly { readonly name: string; caughtBy(): Promise<readonly string[]> }[]
}

export function seededKind<Subject>({ kind, suite, good, broken }: Faults<Subject>): SeededKind {
  return {
    kind,
    cases: Object.keys(suite).length,
    failuresOfGood: () => failuresOf(suite, good),
    faults: Object.entries(broken).map(([name, subject]) => ({ name, caughtBy: () => failuresOf(suite, subject) })),
  }
}

async function failuresOf<Subject>(suite: Suite<Subject>, subject: () => Subject): Promise<readonly string[]> {
  const failures: string[] = []
  for (const [name, play] of Object.entries(suite)) {
    try {
      await play(subject())
    } catch {
      failures.push(name)
    }
  }
  return failures
}
