export const messageRequests = `
-- Tells whether a key comes again with the same message; absent of messages that were accepted before this was kept.
alter table tenon.messages add column request bytea;
`
