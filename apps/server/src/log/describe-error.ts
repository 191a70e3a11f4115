/** What the log says of an error: enough to find it, and nothing that it was told. */
export interface ErrorDescription {
  readonly type: string
  readonly code?: string
  /** Of a coded error: what it means in general. */
  readonly title?: string
  /** Of the operating system: names a call and an address, never data. */
  readonly message?: string
  /** What the error carries that can not be anybody's. */
  readonly about?: Readonly<Record<string, string | number>>
  readonly at: readonly string[]
  readonly cause?: ErrorDescription
}

/** Names and numbers that code chooses, in the details of our errors and in those of Postgres. */
const ABOUT = [
  'operation',
  'engineCode',
  'instance',
  'limit',
  'limitMs',
  'attempts',
  'retryAfterMs',
  'stream',
  'scope',
  'step',
  'job',
  'severity',
  'schema',
  'table',
  'constraint',
  'routine',
]
const DEEPEST = 4
const FRAMES = 12

/**
 * Messages of errors repeat what they stumbled over: a value that is no number, the row that was there already. So of a message nothing
 * is kept: its kind, its code, where it was thrown, and the same of its causes.
 */
export function describeError(error: unknown, titles: ReadonlyMap<string, string>, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, at: [] }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const title = code === undefined ? undefined : titles.get(code)
  const about = aboutOf(error)
  return {
    type: error.constructor.name,
    ...(code === undefined ? {} : { code }),
    ...(title === undefined ? {} : { title }),
    ...('syscall' in error ? { message: error.message } : {}),
    ...(Object.keys(about).length === 0 ? {} : { about }),
    at: framesOf(error),
    ...(error.cause === undefined || depth === DEEPEST ? {} : { cause: describeError(error.cause, titles, depth + 1) }),
  }
}

function aboutOf(error: Error): Readonly<Record<string, string | number>> {
  const details = 'details' in error && typeof error.details === 'object' && error.details !== null ? error.details : {}
  const known = { ...error, ...details }
  return Object.fromEntries(
    ABOUT.flatMap((name) => {
      const value: unknown = Reflect.get(known, name)
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : []
    }),
  )
}

/** The message stands above the frames, and may have lines that look like some. */
function framesOf({ stack = '', message }: Error): readonly string[] {
  const below = stack.startsWith('Error') || !stack.includes(message) ? stack : stack.slice(stack.indexOf(message) + message.length)
  const own = below.includes(message) ? below.slice(below.indexOf(message) + message.length) : below
  return own
    .split('\n')
    .flatMap((line) => /^ {4}at (.*)$/.exec(line)?.[1] ?? [])
    .slice(0, FRAMES)
}
