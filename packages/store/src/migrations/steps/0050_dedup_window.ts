export const dedupWindow = `
-- Until which day messages may have been forgotten, whatever the window is now: one row at the most, and its day only grows.
create table tenon.ingest_forgotten (
  only_one boolean primary key default true check (only_one),
  -- Exclusive, in UTC.
  before   date not null
);

-- Until now everybody forgot after seven days; one more for clocks that differ.
insert into tenon.ingest_forgotten (before)
select (now() at time zone 'utc')::date - 6 where exists (select from tenon.ingest_streams);
`
