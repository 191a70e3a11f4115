export const workspacesAndKeys = `
create table tenon.workspaces (
  id         text primary key,
  name       text not null,
  created_at timestamptz not null
);

create table tenon.api_keys (
  workspace  text not null references tenon.workspaces (id),
  id         uuid not null,
  kind       text not null check (kind in ('write', 'api')),
  name       text not null,
  source     text,
  -- sha-256 of the secret: a key is found by its hash and never compared.
  hash       bytea not null,
  prefix     text not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (workspace, id)
);

create unique index api_keys_by_hash on tenon.api_keys (hash);

create table tenon.key_values (
  workspace text not null,
  key       text not null,
  value     jsonb not null,
  primary key (workspace, key)
);

-- One runner of a job across the fleet. The clock is the database's: the machines of a fleet disagree.
create table tenon.leases (
  job        text primary key,
  holder     uuid not null,
  held_until timestamptz not null
);
`
