/** The configurations of a plugin, as `setup` is given them. */
export interface Configurations<C> {
  readonly config: C
  /** The same value at every call; `config` itself for a workspace without one of its own. */
  configFor(workspace: string): C
}

/** What a plugin made of them. */
export interface PerWorkspace<T> {
  /** Of `config`: for every workspace without a configuration of its own. */
  readonly common: T
  of(workspace: string): T
  /** What was made until now, `common` first: to be asked for its health, or closed. */
  all(): readonly T[]
}

/**
 * What a plugin makes of its configuration, for one workspace: made once for each configuration, so that workspaces without one of
 * their own share what everybody has.
 *
 * @example
 * ```ts
 * setup(context) {
 *   const senders = perWorkspace(context, (config) => createSender(config))
 *   const send: Channel['send'] = (request, { workspace }) => senders.of(workspace).send(request)
 *   return { provide: { channel: { ...about, send } } }
 * }
 * ```
 */
export function perWorkspace<C, T extends object>({ config, configFor }: Configurations<C>, make: (config: C) => T): PerWorkspace<T> {
  const common = make(config)
  const made = new Map([[config, common]])
  return Object.freeze({
    common,
    of(workspace: string) {
      const given = configFor(workspace)
      const value = made.get(given) ?? make(given)
      made.set(given, value)
      return value
    },
    all: () => [...made.values()],
  })
}
