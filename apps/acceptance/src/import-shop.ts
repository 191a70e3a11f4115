import type { CheckContext } from './checks/check-context.ts'
import { groupInvoices } from './input/group-invoices.ts'
import { readLines } from './input/read-lines.ts'
import { itemsOf } from './mapping/items-of.ts'
import type { Message } from './mapping/message.ts'
import { messagesOf } from './mapping/messages-of.ts'
import { sendAll } from './platform/send-all.ts'

export interface Imported {
  readonly lines: number
  readonly messages: readonly Message[]
  /** From the first request until every message is stored. */
  readonly linesPerSecond: number
}

/** Sends the shop through the public API: invoices as events, articles as items. Then everybody is evaluated and models are trained. */
export async function importShop(
  { api, reference, figures }: Pick<CheckContext, 'api' | 'reference' | 'figures'>,
  options: { readonly file: string; readonly limit: number; readonly tell: (line: string) => void },
): Promise<Imported> {
  const { file, limit, tell } = options
  const lines = await readLines(file, limit)
  const messages = [...messagesOf(groupInvoices(lines))]
  tell(`${lines.length} lines are ${messages.length} messages`)

  const { seconds, counts } = await sendAll(api, messages)
  const linesPerSecond = Math.round(lines.length / seconds)
  tell(`all of them are stored, ${seconds.toFixed(1)} s after the first was sent: ${linesPerSecond} lines per second`)
  figures.contract('messages stored', counts.stored, messages.length)
  figures.contract('messages refused', counts.failed, 0)

  const { total } = await api.put<{ total: number }>('/v1/items', { items: itemsOf(lines) })
  const { products } = await reference.row<{ products: number }>('SELECT toUInt32(uniqExact(product)) AS products FROM lines')
  figures.sql('articles', total, products)
  await api.post('/v1/evaluations', { train: true })
  tell('everybody evaluated, recommenders trained')
  return { lines: lines.length, messages, linesPerSecond }
}
