export const failedEvents = `
-- What consent forbids is not failed: it may not be kept, and nothing is left of it to repair.
alter table tenon.ingest_streams add column dropped bigint not null default 0;
alter table tenon.ingest_streams drop constraint ingest_streams_check;
alter table tenon.ingest_streams add check (received = stored + duplicate + failed + dropped);

-- Failed events that are sent through ingest once more, by a filter. What became of them is added where a batch is closed.
create table tenon.replays (
  workspace    text not null,
  id           uuid not null,
  filter       jsonb not null,
  state        text not null check (state in ('running', 'done', 'cancelled')),
  -- Where in the list of failed events it is; null at its beginning.
  cursor       text,
  found        bigint not null,
  queued       bigint not null default 0,
  stored       bigint not null default 0,
  duplicate    bigint not null default 0,
  dropped      bigint not null default 0,
  failed       bigint not null default 0,
  requested_by text not null,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  primary key (workspace, id)
);

create index replays_running on tenon.replays (workspace, created_at) where state = 'running';
`
