export const seenByMessage = `
-- The message tells nearly every two rows apart, so it comes first: a comparison in the index is one of 16 bytes, and its inner pages
-- hold nothing else. Names of workspaces and sources repeat in every row.
alter table tenon.ingest_seen drop constraint ingest_seen_pkey, add primary key (message, source, workspace);
`
