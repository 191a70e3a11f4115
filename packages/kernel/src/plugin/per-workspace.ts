/**
 * What a plugin makes of its configuration, for one workspace: made once for each configuration, so that workspaces without one of
 * their own share what everybody has.
 *
 * @example
 * ```ts
 * setup({ configFor }) {
 *   const senderOf = perWorkspace(configFor, (config) => createSender(config))
 *   return { provide: { channel: { ...about, send: (request, context) => senderOf(context.workspace).send(request, context) } } }
 * }
 * ```
 */
export function perWorkspace<C, T extends object>(configFor: (workspace: string) => C, make: (config: C) => T): (workspace: string) => T {
  const made = new Map<C, T>()
  return (workspace) => {
    const config = configFor(workspace)
    const value = made.get(config) ?? make(config)
    made.set(config, value)
    return value
  }
}
