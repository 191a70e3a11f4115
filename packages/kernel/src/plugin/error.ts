/** An error that callers can tell apart by `code`, also across two installed copies of a package. */
export interface TenonError<Code extends string, D> extends Error {
  readonly code: Code
  readonly details: D
}

export interface ErrorKind<Code extends string, D> {
  readonly code: Code
  /** HTTP status of the problem+json answer when the error reaches a client. */
  readonly status: number
  /** One sentence: what it means. */
  readonly title: string
  /** Markdown: when it happens and what to do. The page of docs is made of it. */
  readonly help: string
  create(details: D, cause?: unknown): TenonError<Code, D>
  /** Compares codes, not classes. */
  is(error: unknown): error is TenonError<Code, D>
}

/**
 * Registers a kind of error. Expected outcomes are values; this is for everything else.
 *
 * @example
 * ```ts
 * const LogFull = defineError({
 *   code: 'TENON_LOG_FULL', status: 429, title: 'The event log has used its disk budget.',
 *   help: 'Send again after `Retry-After`; give the log more room with `TENON_LOG_BYTES`.',
 *   message: (details: { usedBytes: number }) => `the log holds ${details.usedBytes} bytes`,
 * })
 * ```
 */
export function defineError<const Code extends `TENON_${string}`, D>(spec: {
  readonly code: Code
  readonly status?: number
  readonly title: string
  readonly help: string
  readonly message: (details: D) => string
}): ErrorKind<Code, D> {
  return Object.freeze({
    code: spec.code,
    status: spec.status ?? 500,
    title: spec.title,
    help: spec.help,
    create: (details: D, cause?: unknown): TenonError<Code, D> =>
      Object.assign(new Error(spec.message(details), cause === undefined ? undefined : { cause }), {
        name: spec.code,
        code: spec.code,
        details,
      }),
    is: (error: unknown): error is TenonError<Code, D> =>
      typeof error === 'object' && error !== null && 'code' in error && error.code === spec.code,
  })
}

/** The code of a Tenon error, or undefined for any other value. */
export function errorCode(error: unknown): `TENON_${string}` | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && isTenonCode(code) ? code : undefined
}

const isTenonCode = (code: string): code is `TENON_${string}` => code.startsWith('TENON_')
