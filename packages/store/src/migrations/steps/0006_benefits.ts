export const benefits = `
-- What is left of a benefit. The definition (terms, eligibility) is in tenon.definitions under the same key.
create table tenon.benefits (
  workspace  text not null,
  key        text not null,
  stock      bigint check (stock >= 0),
  per_person bigint check (per_person >= 0),
  budget     bigint check (budget >= 0),
  issued     bigint not null default 0 check (issued >= 0),
  spent      bigint not null default 0,
  primary key (workspace, key)
);

create table tenon.grants (
  workspace  text not null,
  id         uuid not null,
  benefit    text not null,
  profile    bigint not null,
  state      text not null,
  code       text,
  data       jsonb not null,
  issued_at  timestamptz not null,
  expires_at timestamptz,
  updated_at timestamptz not null,
  primary key (workspace, id)
);

create unique index grants_by_code on tenon.grants (workspace, code) where code is not null;
create index grants_by_person on tenon.grants (workspace, profile, benefit);
create index grants_by_expiry on tenon.grants (workspace, benefit, state, expires_at) where expires_at is not null;

-- Every command that was decided, granted or refused, under the key of the caller.
create table tenon.benefit_transactions (
  workspace       text not null,
  id              uuid not null,
  idempotency_key text not null,
  -- sha-256 of what was asked: the same key for another request is a mistake of the caller.
  request         bytea not null,
  benefit         text not null,
  profile         bigint not null,
  command         text not null,
  purpose         text,
  rolls_back      uuid,
  reason          jsonb,
  changes         jsonb not null,
  value           bigint not null,
  cost            bigint not null,
  issued          bigint not null,
  at              timestamptz not null,
  primary key (workspace, id),
  check (reason is null or (value = 0 and cost = 0 and issued = 0 and changes = '[]'::jsonb))
);

create unique index benefit_transactions_by_idempotency_key on tenon.benefit_transactions (workspace, idempotency_key);
create index benefit_transactions_by_person on tenon.benefit_transactions (workspace, profile, at);
create index benefit_transactions_by_rolled_back on tenon.benefit_transactions (workspace, rolls_back) where rolls_back is not null;

-- Double entry: the postings of one transaction are inserted together and add up to zero.
create table tenon.postings (
  workspace   text not null,
  transaction uuid not null,
  line        integer not null,
  account     text not null,
  amount      bigint not null,
  at          timestamptz not null,
  primary key (workspace, transaction, line)
);

create index postings_by_account on tenon.postings (workspace, account, at);

create function tenon.refuse_unbalanced() returns trigger language plpgsql as $$
begin
  if exists (select 1 from added group by workspace, transaction having sum(amount) <> 0) then
    raise exception 'the postings of a transaction do not add up to zero' using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end
$$;

create trigger postings_are_balanced after insert on tenon.postings
  referencing new table as added for each statement execute function tenon.refuse_unbalanced();
create trigger postings_are_append_only before update or delete on tenon.postings
  for each row execute function tenon.refuse_change();
create trigger benefit_transactions_are_append_only before update or delete on tenon.benefit_transactions
  for each row execute function tenon.refuse_change();
`
