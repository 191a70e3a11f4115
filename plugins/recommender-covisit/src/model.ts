import { z } from 'zod'

const modelSchema = z.strictObject({
  version: z.literal(1),
  /** Item ids; the neighbours name them by index. */
  items: z.array(z.string()),
  /** For each item its neighbours, flat: index, weight, people, index, ... the heaviest first. */
  neighbours: z.array(z.array(z.number())),
})
export type CovisitModel = z.infer<typeof modelSchema>

export interface Pair {
  readonly left: string
  readonly right: string
  readonly weight: number
  readonly people: number
}

/** Collects pairs, page by page, into a model. Both directions of a pair are expected to come. */
export async function modelOf(pages: AsyncIterable<readonly Pair[]>, perItem: number): Promise<CovisitModel> {
  const indexes = new Map<string, number>()
  const items: string[] = []
  const lists: [right: number, weight: number, people: number][][] = []
  const indexOf = (item: string): number => {
    const known = indexes.get(item)
    if (known !== undefined) return known
    indexes.set(item, items.push(item) - 1)
    lists.push([])
    return items.length - 1
  }
  for await (const page of pages) {
    for (const { left, right, weight, people } of page) lists[indexOf(left)]?.push([indexOf(right), weight, people])
  }
  const neighbours = lists.map((list) =>
    list
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, perItem)
      .flat(),
  )
  return { version: 1, items, neighbours }
}

export const encodeModel = (model: CovisitModel): Uint8Array => new TextEncoder().encode(JSON.stringify(model))

/** Throws on bytes that no version of this plugin wrote. */
export const decodeModel = (bytes: Uint8Array): CovisitModel =>
  modelSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
