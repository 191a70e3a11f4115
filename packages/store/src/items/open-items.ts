import type { Item } from '@tenon/kernel/contracts'
import { type Selectable, sql } from 'kysely'
import { again, type Scope, transactAgain } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { storableKey } from '../database/storable-key.ts'
import type { Tables } from '../database/tables.ts'
import type { Items } from './items.ts'

const PAGE = 1000

export function openItems(scope: Scope): Items {
  const { db, workspace } = scope

  return Object.freeze({
    put: (items) => transactAgain(scope, (inner) => putItems(inner, items)),
    get: (ids) =>
      again(scope, async () => {
        if (ids.length === 0) return []
        const { rows } = await sql<ItemRow>`
          select * from tenon.items where workspace = ${workspace} and id = any(${[...ids]}::text[])`.execute(db)
        return rows.map(itemOf)
      }),
    async *all() {
      for (let after = ''; ; ) {
        const page = await again(scope, () =>
          db
            .selectFrom('tenon.items')
            .selectAll()
            .where('workspace', '=', workspace)
            .where('id', '>', after)
            .orderBy('id')
            .limit(PAGE)
            .execute(),
        )
        if (page.length > 0) yield page.map(itemOf)
        const last = page.at(-1)
        if (last === undefined || page.length < PAGE) return
        after = last.id
      }
    },
    count: () =>
      again(scope, async () => {
        const row = await db
          .selectFrom('tenon.items')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('workspace', '=', workspace)
          .executeTakeFirstOrThrow()
        return row.count
      }),
    version: () =>
      again(scope, async () => {
        const row = await db.selectFrom('tenon.item_versions').select('version').where('workspace', '=', workspace).executeTakeFirst()
        return row?.version ?? 0
      }),
  } satisfies Items)
}

type ItemRow = Selectable<Tables['tenon.items']>

async function putItems({ db, workspace }: Scope, items: readonly Item[]): Promise<number> {
  // In the order of ids, so that two puts at once wait for each other and never in a circle.
  const rows = [...new Map(items.map((item) => [storableKey('id of an item', item.id), item])).values()].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  )
  if (rows.length === 0) return 0
  const { rows: changed } = await sql<{ id: string }>`
    insert into tenon.items as kept (workspace, id, title, categories, price, available, product, attributes, created_at)
    select ${workspace}, id, title, array(select jsonb_array_elements_text(categories)), price, available, product, attributes, created_at
    from unnest(
      ${rows.map(({ id }) => id)}::text[],
      ${rows.map(({ title }) => title)}::text[],
      ${rows.map(({ categories }) => storableJson(categories))}::jsonb[],
      ${rows.map(({ price }) => price ?? null)}::double precision[],
      ${rows.map(({ available }) => available)}::boolean[],
      ${rows.map(({ product }) => product ?? null)}::text[],
      ${rows.map(({ attributes }) => storableJson(attributes))}::jsonb[],
      ${rows.map(({ createdAt }) => createdAt ?? null)}::timestamptz[]
    ) as given (id, title, categories, price, available, product, attributes, created_at)
    on conflict (workspace, id) do update set
      title = excluded.title, categories = excluded.categories, price = excluded.price, available = excluded.available,
      product = excluded.product, attributes = excluded.attributes, created_at = excluded.created_at
    where (kept.title, kept.categories, kept.price, kept.available, kept.product, kept.attributes, kept.created_at)
      is distinct from (excluded.title, excluded.categories, excluded.price, excluded.available, excluded.product, excluded.attributes, excluded.created_at)
    returning kept.id`.execute(db)
  if (changed.length > 0) {
    await sql`
      insert into tenon.item_versions as kept (workspace, version) values (${workspace}, 1)
      on conflict (workspace) do update set version = kept.version + 1`.execute(db)
  }
  return changed.length
}

const itemOf = (row: ItemRow): Item =>
  Object.freeze({
    id: row.id,
    title: row.title,
    categories: row.categories,
    available: row.available,
    attributes: row.attributes,
    ...(row.price !== null && { price: row.price }),
    ...(row.product !== null && { product: row.product }),
    ...(row.created_at !== null && { createdAt: row.created_at }),
  })
