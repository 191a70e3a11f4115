export const importOutcomes = `
-- What became of the rows of an import behind the log; null for those of before it was counted.
alter table tenon.imports
  add column became_stored    bigint,
  add column became_duplicate bigint,
  add column became_failed    bigint,
  add column became_dropped   bigint;
`
