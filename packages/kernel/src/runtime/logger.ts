/** What the runtime writes to. Fields are plain data; nothing it gets ever holds a secret. */
export interface KernelLogger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** The time of day, injected. */
export interface KernelClock {
  now(): Date
}
