export const definitions = `
-- Tags, segments and benefits that people define: what is current, and every version there ever was.
create table tenon.definitions (
  workspace  text not null,
  family     text not null check (family in ('tag', 'segment', 'benefit')),
  key        text not null,
  version    integer not null,
  kind       text not null,
  label      jsonb not null,
  definition jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  retired_at timestamptz,
  primary key (workspace, family, key)
);

create table tenon.definition_versions (
  workspace  text not null,
  family     text not null,
  key        text not null,
  version    integer not null,
  kind       text not null,
  label      jsonb not null,
  definition jsonb not null,
  retired    boolean not null,
  at         timestamptz not null,
  primary key (workspace, family, key, version)
);

create table tenon.models (
  workspace  text not null,
  kind       text not null check (kind in ('tag', 'segment', 'recommender')),
  key        text not null,
  version    text not null,
  model      bytea not null,
  quality    jsonb not null,
  trained_at timestamptz not null,
  primary key (workspace, kind, key, version)
);

create index models_by_age on tenon.models (workspace, kind, key, trained_at desc);

create table tenon.items (
  workspace  text not null,
  id         text not null,
  title      text not null,
  categories text[] not null,
  price      double precision,
  available  boolean not null,
  product    text,
  attributes jsonb not null,
  created_at timestamptz,
  primary key (workspace, id)
);

create table tenon.item_versions (
  workspace text primary key,
  version   bigint not null
);
`
