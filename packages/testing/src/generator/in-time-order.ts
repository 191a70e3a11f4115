/** What one lane delivers, in the order of time. */
export interface Lane<T> {
  /** Nothing in it comes before. The lane is opened no sooner. */
  readonly startsAt: number
  open(): Iterator<T>
}

interface Head<T> {
  readonly at: number
  readonly lane: number
  readonly value: T | undefined
  readonly iterator: Iterator<T> | undefined
}

/** Merges lanes by time; a tie goes to the earlier lane. Holds one entry per lane that is open. */
export function* inTimeOrder<T extends { readonly at: number }>(lanes: readonly Lane<T>[]): Generator<T> {
  const heap = new Heap<T>()
  for (const [lane, { startsAt }] of lanes.entries()) heap.push({ at: startsAt, lane, value: undefined, iterator: undefined })
  for (let head = heap.pop(); head !== undefined; head = heap.pop()) {
    if (head.value !== undefined) yield head.value
    const iterator = head.iterator ?? lanes[head.lane]?.open()
    const next = iterator?.next()
    if (iterator === undefined || next === undefined || next.done) continue
    heap.push({ at: next.value.at, lane: head.lane, value: next.value, iterator })
  }
}

/** A binary heap, the earliest first. */
class Heap<T> {
  private readonly heads: Head<T>[] = []

  push(head: Head<T>): void {
    let place = this.heads.length
    this.heads.push(head)
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.isBefore(place, parent)) return
      this.swap(place, parent)
      place = parent
    }
  }

  pop(): Head<T> | undefined {
    const [top] = this.heads
    const last = this.heads.pop()
    if (last === undefined || this.heads.length === 0) return top
    this.heads[0] = last
    for (let place = 0; ; ) {
      const children = [2 * place + 1, 2 * place + 2].filter((child) => child < this.heads.length)
      const earliest = children.reduce((best, child) => (this.isBefore(child, best) ? child : best), place)
      if (earliest === place) return top
      this.swap(place, earliest)
      place = earliest
    }
  }

  private isBefore(left: number, right: number): boolean {
    const [a, b] = [this.heads[left], this.heads[right]]
    return a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.lane < b.lane))
  }

  private swap(left: number, right: number): void {
    const [a, b] = [this.heads[left], this.heads[right]]
    if (a === undefined || b === undefined) return
    this.heads[left] = b
    this.heads[right] = a
  }
}
