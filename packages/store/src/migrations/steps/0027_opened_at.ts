export const openedAt = `
-- When a batch was opened first: the time of receipt of what nobody can read in it.
alter table tenon.ingest_open_batches add column opened_at timestamptz not null default clock_timestamp();
`
