export const unmerges = `
-- The profile that an identifier came with, where that is not the person that holds it now: merges move identifiers,
-- and an unmerge must know whose each one was, whatever else was merged or taken apart in between.
alter table tenon.identifiers add column home bigint;

update tenon.identifiers set home = first.loser
from (
  select distinct on (merges.workspace, moved.type, moved.value) merges.workspace, moved.type, moved.value, merges.loser
  from tenon.merges cross join lateral jsonb_to_recordset(merges.identifiers) as moved (type text, value text)
  order by merges.workspace, moved.type, moved.value, merges.id
) first
where identifiers.workspace = first.workspace and identifiers.type = first.type and identifiers.value = first.value
  and identifiers.profile <> first.loser;

alter table tenon.merges
  -- The unmerge that took it back. A merge is never removed from the ledger.
  add column undone_by bigint,
  -- 0: by override. 1: its rows are being rewritten, it can not be undone any more. 2: rewritten. 3: and its override is out of the way.
  add column squash smallint not null default 0,
  add column squashed_at timestamptz;

create index merges_to_squash on tenon.merges (workspace, recorded_at) where undone_by is null and squash < 3;

-- What was taken back: entries of the same ledger as the merges, with numbers of the same sequence. Whatever happened to identities
-- in a workspace is in the order of these numbers, because whoever takes one holds the lock of its identities.
create table tenon.unmerges (
  workspace        text not null,
  id               bigint not null default nextval(pg_get_serial_sequence('tenon.merges', 'id')),
  merge            bigint not null,
  -- The person that is again, and the one that it was a part of.
  restored         bigint not null,
  remaining        bigint not null,
  -- Profiles that went with the restored one.
  members          bigint[] not null,
  -- [{ type, value, since }] that went with it.
  identifiers      jsonb not null,
  -- Batches up to this one may hold events that were resolved before.
  last_batch       bigint not null,
  recorded_at      timestamptz not null,
  override_written boolean not null default false,
  -- Whether late events are back where they belong, and everybody was told.
  settled          boolean not null default false,
  primary key (workspace, id),
  unique (workspace, merge)
);

create index unmerges_by_restored on tenon.unmerges (workspace, restored);
create index unmerges_by_remaining on tenon.unmerges (workspace, remaining);
create index unmerges_to_override on tenon.unmerges (id) where not override_written;
create index unmerges_to_settle on tenon.unmerges (workspace, id) where not settled;

-- Two identifiers that once made one person of two by mistake: they never do it again.
create table tenon.unmerge_blocks (
  workspace   text not null,
  unmerge     bigint not null,
  place       integer not null,
  left_type   text not null,
  left_value  text not null,
  right_type  text not null,
  right_value text not null,
  primary key (workspace, unmerge, place)
);

create index unmerge_blocks_by_left on tenon.unmerge_blocks (workspace, left_type, left_value);
`
