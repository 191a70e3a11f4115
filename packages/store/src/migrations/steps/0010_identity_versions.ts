export const identityVersions = `
-- Counts the transactions that changed who is who in a workspace, whoever made them. What somebody remembers of identities is
-- right as long as this number is the one that it was remembered with.
create table tenon.identity_versions (
  workspace text primary key,
  version   bigint not null
);

create function tenon.count_identity_change() returns trigger language plpgsql as $$
begin
  insert into tenon.identity_versions as held (workspace, version)
  select distinct workspace, 1 from changed order by workspace
  on conflict (workspace) do update set version = held.version + 1;
  return null;
end
$$;

create trigger identifiers_are_counted_in after insert on tenon.identifiers
  referencing new table as changed for each statement execute function tenon.count_identity_change();
create trigger identifiers_are_counted_on after update on tenon.identifiers
  referencing new table as changed for each statement execute function tenon.count_identity_change();
create trigger identifiers_are_counted_out after delete on tenon.identifiers
  referencing old table as changed for each statement execute function tenon.count_identity_change();
-- A profile that is made is nobody's owner yet; one that changes or goes may be.
create trigger profiles_are_counted_on after update on tenon.profiles
  referencing new table as changed for each statement execute function tenon.count_identity_change();
create trigger profiles_are_counted_out after delete on tenon.profiles
  referencing old table as changed for each statement execute function tenon.count_identity_change();
`
