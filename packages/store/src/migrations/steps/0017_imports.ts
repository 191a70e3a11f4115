export const imports = `
-- Rows that come from files, objects and tables. What a source needs to be opened, such as passwords, is not among it.
create table tenon.imports (
  workspace     text not null,
  id            uuid not null,
  -- Names the rows: those that came under a key do not come again under it.
  key           text not null,
  state         text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  source        jsonb not null,
  mapping       jsonb not null,
  max_failures  bigint not null,
  -- The parts of the source with what they were at the start; null until somebody looked.
  pieces        jsonb,
  -- How far it came: the part, the rows of it that are in the log, and of a table the key of the last.
  piece         int not null default 0,
  piece_rows    bigint not null default 0,
  after_key     text,
  total_rows    bigint,
  rows          bigint not null default 0,
  accepted      bigint not null default 0,
  failed        bigint not null default 0,
  error         jsonb,
  created_at    timestamptz not null,
  updated_at    timestamptz not null,
  finished_at   timestamptz,
  primary key (workspace, id)
);

-- Two imports of one key at a time would race for its rows.
create unique index imports_one_at_a_time on tenon.imports (workspace, key) where state in ('queued', 'running');
create index imports_by_time on tenon.imports (workspace, created_at desc, id);
create index imports_to_do on tenon.imports (created_at) where state in ('queued', 'running');
`
