/** So many events are worked on without a pause: about two milliseconds. */
export const EVENTS_PER_BREATH = 250

/** Lets requests in between two pieces of a long computation: what waits in the log can wait, who waits for an answer can not. */
export const breathe = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Visits each item, in order, and breathes between pieces. */
export async function breathing<T>(items: readonly T[], visit: (item: T, index: number) => void): Promise<void> {
  let index = 0
  for (const item of items) {
    if (index % EVENTS_PER_BREATH === EVENTS_PER_BREATH - 1) await breathe()
    visit(item, index)
    index += 1
  }
}
