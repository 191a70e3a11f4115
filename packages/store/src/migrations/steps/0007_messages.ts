export const messages = `
create table tenon.messages (
  workspace       text not null,
  id              uuid not null,
  -- The order of acceptance: messages of one profile and channel leave in it.
  place           bigint not null generated always as identity,
  idempotency_key text not null,
  profile         bigint not null,
  channel         text not null,
  purpose         text not null,
  content         jsonb not null,
  locale          text,
  state           text not null check (state in ('queued', 'sending', 'sent', 'delivered', 'bounced', 'dropped')),
  reason          jsonb,
  attempts        integer not null default 0,
  next_attempt_at timestamptz not null,
  lease_until     timestamptz,
  reference       text,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  primary key (workspace, id),
  check ((state = 'sending') = (lease_until is not null))
);

create unique index messages_by_idempotency_key on tenon.messages (workspace, idempotency_key);
-- Providers choose references, of any length: an index entry has room for 2,700 bytes.
create index messages_by_reference on tenon.messages (workspace, channel, md5(reference)) where reference is not null;
create index messages_by_profile on tenon.messages (workspace, profile, place);
create index messages_to_send on tenon.messages (workspace, channel, next_attempt_at, place) where state = 'queued';
create index messages_unfinished on tenon.messages (workspace, channel, profile, place) where state in ('queued', 'sending');
create index messages_leased on tenon.messages (workspace, lease_until) where state = 'sending';

-- Every change of state of a message, and what the provider told about it later.
create table tenon.deliveries (
  workspace text not null,
  message   uuid not null,
  id        bigint not null generated always as identity,
  what      text not null,
  attempt   integer not null,
  at        timestamptz not null,
  detail    jsonb not null,
  -- Told by the provider: once for each (what, at).
  told      boolean not null,
  primary key (workspace, message, id)
);

create unique index deliveries_told_once on tenon.deliveries (workspace, message, what, at) where told;
create trigger deliveries_are_append_only before update or delete on tenon.deliveries
  for each row execute function tenon.refuse_change();
`
