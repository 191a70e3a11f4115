import type { Reference } from '../reference/open-reference.ts'
import type { People } from './check-context.ts'

/** By the number of their orders, so that a part of the file has them too. */
export async function choosePeople(reference: Reference): Promise<People> {
  const ranked = await reference.rows<{ person: string }>(`
    SELECT person FROM invoices WHERE NOT cancelled AND customer != ''
    GROUP BY person HAVING count() >= 5 AND sum(revenue) >= 1000
    ORDER BY count() DESC, person LIMIT 3`)
  const [outsider] = await reference.rows<{ person: string }>(`
    SELECT person FROM invoices WHERE NOT cancelled AND customer != ''
    GROUP BY person HAVING count() = 1 ORDER BY person LIMIT 1`)
  const [best, consenting, objecting] = ranked
  if (best === undefined || consenting === undefined || objecting === undefined || outsider === undefined) {
    throw new Error('these lines have too few customers; ask for more of them with --lines')
  }
  return { best: best.person, consenting: consenting.person, objecting: objecting.person, outsider: outsider.person }
}
