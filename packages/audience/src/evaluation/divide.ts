/**
 * Does the work for all items at once; where that fails, for each half, down to the single items that can not be done. So one
 * bad item costs the others a few attempts and no results. What `isFatal` calls no item's fault is thrown.
 */
export async function divide<I, R>(
  items: readonly I[],
  work: {
    run(items: readonly I[]): Promise<R>
    isFatal(error: unknown): boolean
    refused(item: I, error: unknown): void
  },
): Promise<readonly R[]> {
  const [first] = items
  if (first === undefined) return []
  try {
    return [await work.run(items)]
  } catch (error) {
    if (work.isFatal(error)) throw error
    if (items.length === 1) {
      work.refused(first, error)
      return []
    }
  }
  const middle = Math.ceil(items.length / 2)
  return [...(await divide(items.slice(0, middle), work)), ...(await divide(items.slice(middle), work))]
}
