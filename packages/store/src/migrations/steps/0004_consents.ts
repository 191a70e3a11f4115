export const consents = `
-- The consent ledger.
create table tenon.consents (
  workspace   text not null,
  profile     bigint not null,
  purpose     text not null,
  at          timestamptz not null,
  state       text not null check (state in ('granted', 'denied', 'withdrawn')),
  source      text not null,
  id          uuid not null,
  basis       text not null,
  notice      text not null,
  expires_at  timestamptz,
  evidence    jsonb not null,
  recorded_at timestamptz not null,
  primary key (workspace, profile, purpose, at, state, source)
);

create function tenon.refuse_change() returns trigger language plpgsql as $$
begin
  -- Erasure is the one lawful change: tenon.erase_consents sets this for its own statement.
  if tg_op = 'DELETE' and current_setting('tenon.erasing', true) = 'on' then
    return old;
  end if;
  raise exception 'rows of tenon.% are never changed', tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger consents_are_append_only before update or delete on tenon.consents
  for each row execute function tenon.refuse_change();
create trigger consents_are_not_truncated before truncate on tenon.consents
  for each statement execute function tenon.refuse_change();

-- The way of erasure (the right to be forgotten), and the only one.
create function tenon.erase_consents(of_workspace text, of_profiles bigint[]) returns bigint language plpgsql as $$
declare
  erased bigint;
begin
  perform set_config('tenon.erasing', 'on', true);
  delete from tenon.consents where workspace = of_workspace and profile = any (of_profiles);
  get diagnostics erased = row_count;
  perform set_config('tenon.erasing', '', true);
  return erased;
end
$$;
`
