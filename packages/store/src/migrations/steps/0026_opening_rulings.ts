export const openingRulings = `
-- What stations ruled about events of a batch while it was opened, by their places: decides which of them claimed their message ids, and is
-- written in the same transaction. Until now the verdict said what transformations had ruled.
alter table tenon.ingest_open_batches add column rulings jsonb not null default '{}';

update tenon.ingest_open_batches set rulings = coalesce(
  (select jsonb_object_agg(key, value) from jsonb_each(verdict) where value ->> 'stage' = 'transform'), '{}'
) where verdict is not null;
`
