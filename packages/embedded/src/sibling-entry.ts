/** The address of an entry point beside `self`, as source or as built code, whichever is running. */
export function siblingEntry(self: string, name: string): URL {
  return new URL(`./${name}${self.endsWith('.ts') ? '.ts' : '.js'}`, self)
}

/** Node's options for a child that starts at `entry`: source resolves our packages to source. */
export const entryOptions = (entry: URL): readonly string[] => (entry.pathname.endsWith('.ts') ? ['--conditions=@tenon/source'] : [])
