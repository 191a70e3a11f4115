import type { InstanceId } from '../plugin/lifecycle.ts'

/** What a problem is about; consoles group by it. */
export type ProblemKind = 'edition' | 'plugin' | 'contract' | 'config' | 'need' | 'choose' | 'cycle' | 'migration' | 'adapter'

/** One reason why an edition can not start. */
export interface Problem {
  /** The instance it belongs to; undefined when it belongs to the edition or to the host. */
  readonly instance: InstanceId | undefined
  readonly kind: ProblemKind
  /** Where in the edition: `config.smtp.port`, `needs.consent`, `choose.tenon.consent/1`; empty for the whole. */
  readonly path: string
  /** One sentence without the path. Never holds a secret. */
  readonly problem: string
}

/** `smtp: config.port: expected a number` */
export function formatProblem({ instance, path, problem }: Problem): string {
  return [instance ?? 'edition', path, problem].filter((part) => part !== '').join(': ')
}
