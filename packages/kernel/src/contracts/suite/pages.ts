/** All entries of a paged answer; none of an answer that is absent. */
export async function allOf<T>(pages: AsyncIterable<readonly T[]> | undefined): Promise<readonly T[]> {
  const entries: T[] = []
  for await (const page of pages ?? []) entries.push(...page)
  return entries
}
