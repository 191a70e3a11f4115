export const openBatches = `
-- Batches that are being written to the analytics store: several of one stream, so that the next is resolved while one is written.
-- They are opened and closed in the order of the stream.
create table tenon.ingest_open_batches (
  stream        text not null references tenon.ingest_streams,
  batch         bigint not null,
  from_position bigint not null,
  to_position   bigint not null,
  -- Which of its events may not be kept and why, by their places; null until somebody judged.
  verdict       jsonb,
  primary key (stream, batch)
);

insert into tenon.ingest_open_batches (stream, batch, from_position, to_position)
select stream, open_batch, open_from, open_to from tenon.ingest_streams where open_batch is not null;

alter table tenon.ingest_streams drop column open_batch, drop column open_from, drop column open_to;
`
