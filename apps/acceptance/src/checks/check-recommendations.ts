import type { Recommendations } from '../platform/answers.ts'
import { boughtTogether, buyersOfProducts, type Neighbour, titlesOfProducts } from '../reference/bought-together.ts'
import type { CheckContext } from './check-context.ts'

const limit = 50

/** What goes with an article, what suits a person, and what everybody gets; every reason is looked up. */
export async function checkRecommendations({ api, reference, figures, people }: CheckContext): Promise<void> {
  const popular = await reference.rows<{ product: string; people: number }>(buyersOfProducts)
  const anchor = popular[0]?.product ?? ''
  const related = await api.post<Recommendations>('/v1/recommendations', { scene: 'related', anchors: [anchor], limit })
  const neighbours = await reference.rows<Neighbour>(boughtTogether, { anchor })
  await checkRelated(anchor, related, neighbours)
  await checkTitles(related)

  const home = await api.post<Recommendations>('/v1/recommendations', { scene: 'home', profile: `user_id:${people.best}` })
  figures.contract(`home of customer ${people.best}: personal`, home.personal, true)
  await checkReasons(`home of customer ${people.best}`, home, people.best)

  const unknown = await api.post<Recommendations>('/v1/recommendations', { scene: 'home', limit })
  figures.contract('home of nobody: personal', unknown.personal, false)
  const bought = new Map(popular.map((row) => [row.product, row.people]))
  const proven = unknown.items.filter(({ id, reasons }) => reasons.length === 1 && reasons[0]?.detail.people === bought.get(id))
  figures.sql('home of nobody: items whose buyers are as told', proven.length, Math.min(limit, popular.length))

  async function checkRelated(product: string, answer: Recommendations, expected: readonly Neighbour[]): Promise<void> {
    const told = answer.items.flatMap(({ id, reasons }) =>
      reasons.filter(({ code }) => code === 'TOGETHER_WITH').map(({ detail }) => ({ id, item: detail.item, people: detail.people })),
    )
    const known = new Map(expected.map((row) => [row.product, row]))
    const weights = told.map(({ id }) => known.get(id)?.weight ?? 0)
    figures.sql(`goes with ${product}: articles`, told.length, expected.length)
    figures.sql(
      `goes with ${product}: people who bought both, as told`,
      told.filter(({ id, item, people: count }) => item === product && known.get(id)?.people === count).length,
      expected.length,
    )
    // The platform adds in single precision.
    const isOrdered = weights.every((weight, place) => place === 0 || weight <= (weights[place - 1] ?? 0) * (1 + 1e-6))
    figures.sql(`goes with ${product}: the strongest first`, isOrdered, true)
    figures.sql(`goes with ${product}: the first`, told[0]?.id ?? null, expected[0]?.product ?? null)
  }

  async function checkTitles(answer: Recommendations): Promise<void> {
    const shown = answer.items.map(({ id, title, price = 0 }): readonly [string, string, number] => [id, title, price])
    const rows = await reference.rows<{ product: string; title: string; price: number }>(titlesOfProducts, {
      products: shown.map(([id]) => id),
    })
    const expected = new Map(rows.map((row) => [row.product, row]))
    const equal = shown.filter(([id, title, price]) => expected.get(id)?.title === title && expected.get(id)?.price === price)
    figures.sql('articles shown with their last title and price', equal.length, shown.length)
  }

  async function checkReasons(name: string, answer: Recommendations, customer: string): Promise<void> {
    const own = await reference.rows<{ product: string }>(
      'SELECT DISTINCT product FROM lines WHERE customer = {customer:String} AND NOT cancelled',
      { customer },
    )
    const bought = new Set(own.map(({ product }) => product))
    const reasons = answer.items.flatMap(({ id, reasons: given }) => given.map(({ code, detail }) => ({ id, code, ...detail })))
    const because = [...new Set(reasons.flatMap(({ item }) => item ?? []))]
    const pairs = new Map<string, number>()
    for (const item of because) {
      for (const row of await reference.rows<Neighbour>(boughtTogether, { anchor: item })) pairs.set(`${item} ${row.product}`, row.people)
    }
    const proven = reasons.filter(({ id, code, item = '', people: count }) => {
      return code === 'TOGETHER_WITH' && bought.has(item) && pairs.get(`${item} ${id}`) === count
    })
    figures.contract(`${name}: articles`, answer.items.length, 10)
    figures.sql(`${name}: reasons that are so`, proven.length, reasons.length)
  }
}
