export const backups = `
-- Which backups were made, for whoever asks how old the last one is. Where they lie is not known here.
create table tenon.backups (
  id          uuid primary key,
  -- What it is a copy of.
  instant     timestamptz not null,
  finished_at timestamptz not null,
  rows        bigint not null,
  bytes       bigint not null
);
`
