export const profiles = `
-- Dense positive integers for the whole database: bitmaps live on them.
create sequence tenon.profile_ids as bigint minvalue 1;

create table tenon.profiles (
  workspace   text not null,
  id          bigint not null default nextval('tenon.profile_ids'),
  first_seen  timestamptz not null,
  -- The person it belongs to now. Always one hop: a merge re-points everyone who came before.
  merged_into bigint,
  primary key (workspace, id),
  check (merged_into <> id)
);

create index profiles_by_winner on tenon.profiles (workspace, merged_into) where merged_into is not null;

create table tenon.identifiers (
  workspace text not null,
  type      text not null,
  value     text not null,
  profile   bigint not null,
  since     timestamptz not null,
  primary key (workspace, type, value)
);

create index identifiers_by_profile on tenon.identifiers (workspace, profile);

-- The merge ledger. A row holds what an unmerge needs: the identifiers that moved and the profiles that were re-pointed.
-- Consents, grants and messages never move: they keep the profile they came with and are read through merged_into.
create table tenon.merges (
  workspace        text not null,
  id               bigint not null generated always as identity,
  winner           bigint not null,
  loser            bigint not null,
  -- Profiles that had been merged into the loser before.
  members          bigint[] not null,
  -- [{ type, value, since }] of the loser at that moment.
  identifiers      jsonb not null,
  rule             text not null,
  source           text not null,
  message_id       text not null,
  at               timestamptz not null,
  evidence         jsonb not null,
  recorded_at      timestamptz not null,
  -- Whether the analytics store knows that events of the loser and its members are the winner's.
  override_written boolean not null default false,
  primary key (workspace, id)
);

create index merges_by_loser on tenon.merges (workspace, loser);
create index merges_by_winner on tenon.merges (workspace, winner);
create index merges_to_override on tenon.merges (id) where not override_written;
`
