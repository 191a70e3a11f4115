import type { InvoiceLine } from './read-lines.ts'

export interface Invoice {
  readonly id: string
  readonly lines: readonly [InvoiceLine, ...InvoiceLine[]]
}

/** Invoices in the order of their first lines. Of one invoice the lines need not stand together in the file. */
export function groupInvoices(lines: readonly InvoiceLine[]): readonly Invoice[] {
  const invoices = new Map<string, [InvoiceLine, ...InvoiceLine[]]>()
  for (const line of lines) {
    const known = invoices.get(line.invoice)
    if (known === undefined) invoices.set(line.invoice, [line])
    else known.push(line)
  }
  return [...invoices].map(([id, ofInvoice]) => ({ id, lines: ofInvoice }))
}
