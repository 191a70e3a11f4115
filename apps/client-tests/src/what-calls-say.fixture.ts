import { expect } from 'vitest'
import { type Bag, bagOf, type Documented } from './documented.ts'
import { isRecord } from './network/exchange.ts'

/** A call of the library, as the specification writes it. */
export interface Call {
  readonly method: string
  readonly args: readonly unknown[]
}

/** What calls say by themselves, one after the other. A visitor's traits come together: each identify call tells those that came before, too. */
export function whatCallsSay(calls: readonly Call[]): readonly Partial<Documented>[] {
  let traits = {}
  return calls.map(({ method, args }) => {
    if (method === 'identify') traits = { ...traits, ...bagOf(args.at(-1)) }
    return saidBy(method, args, traits)
  })
}

function saidBy(method: string, [first, second, options]: readonly unknown[], traits: Bag): Partial<Documented> {
  const id = typeof first === 'string' ? [{ type: 'user_id', value: first }] : []
  switch (method) {
    case 'track': {
      const { event, properties } = isRecord(first) ? first : { event: first, properties: second }
      const { context } = bagOf(options)
      return {
        type: method,
        name: String(event),
        properties: bagOf(properties),
        ...(isRecord(context) ? { context: expect.objectContaining(context) } : {}),
      }
    }
    case 'page': {
      const said = isRecord(first) ? first : { category: first, name: second }
      return { type: method, name: String(said.name ?? method), properties: expect.objectContaining(said) }
    }
    case 'group':
      return { type: method, group: { id: String(first), traits: bagOf(second) } }
    case 'identify':
      return { type: method, traits, identifiers: expect.arrayContaining(id) }
    default:
      return { type: method, identifiers: expect.arrayContaining(id) }
  }
}
