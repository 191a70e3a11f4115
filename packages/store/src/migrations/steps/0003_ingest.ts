export const ingest = `
create sequence tenon.ingest_batches as bigint minvalue 1;

create table tenon.ingest_streams (
  stream     text primary key,
  -- The end of the last closed batch.
  position   bigint not null default 0,
  last_batch bigint,
  open_batch bigint,
  open_from  bigint,
  open_to    bigint,
  received   bigint not null default 0,
  stored     bigint not null default 0,
  duplicate  bigint not null default 0,
  failed     bigint not null default 0,
  check (received = stored + duplicate + failed),
  check ((open_batch is null) = (open_from is null) and (open_batch is null) = (open_to is null))
);

-- Which events were seen within the window, and in which batch.
create table tenon.ingest_seen (
  workspace text not null,
  source    text not null,
  -- The first 16 bytes of the sha-256 of the message id.
  message   uuid not null,
  batch     bigint not null,
  seen_on   date not null,
  primary key (workspace, source, message)
);

-- Rows come in the order of days, so a block range index is enough to forget them, and costs the insert next to nothing.
create index ingest_seen_by_day on tenon.ingest_seen using brin (seen_on) with (pages_per_range = 32);
`
