export const ingestWorkers = `
-- Which worker of a fleet stores which stream. Exactness does not hang on it: a batch is opened and closed in the order of its stream by
-- whoever comes. It keeps workers out of each other's way.
create table tenon.ingest_workers (
  worker      text primary key,
  alive_until timestamptz not null
);

create table tenon.ingest_shares (
  stream text primary key,
  -- Who is gone holds nothing.
  worker text references tenon.ingest_workers on delete set null
);
`
