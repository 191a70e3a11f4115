/** Finds the items on which a step fails by itself, by halves. `attempt` must be safe to repeat; faults that are not about the data are thrown on. */
export async function isolate<T>(
  items: readonly T[],
  attempt: (items: readonly T[]) => Promise<void>,
  isDataFault: (error: unknown) => boolean,
): Promise<ReadonlyMap<T, unknown>> {
  const culprits = new Map<T, unknown>()
  async function search(part: readonly T[]): Promise<void> {
    try {
      await attempt(part)
    } catch (error) {
      if (!isDataFault(error)) throw error
      const [only] = part
      if (part.length === 1 && only !== undefined) {
        culprits.set(only, error)
        return
      }
      const middle = Math.ceil(part.length / 2)
      await search(part.slice(0, middle))
      await search(part.slice(middle))
    }
  }
  if (items.length > 0) await search(items)
  return culprits
}
