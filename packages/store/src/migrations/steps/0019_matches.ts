export const matches = `
-- Pairs of people that a matcher takes for one person, and what was decided about them. Evidence names fields and how they agree,
-- never what somebody said.
create table tenon.match_proposals (
  workspace   text not null,
  id          bigint not null generated always as identity,
  -- The instance of the matcher.
  matcher     text not null,
  -- Persons as they were when the pair was proposed. Whoever asks later finds their persons of then.
  lower       bigint not null,
  upper       bigint not null,
  probability double precision not null,
  -- In bits.
  weight      double precision not null,
  evidence    jsonb not null,
  -- Which fields agree, and how: what was rejected comes again only when this is another.
  fingerprint text not null,
  state       text not null check (state in ('open', 'accepted', 'merged', 'rejected', 'unmerged', 'obsolete')),
  proposed_at timestamptz not null,
  seen_at     timestamptz not null,
  decided_at  timestamptz,
  decided_by  text,
  note        text,
  -- The entry of the ledger, where the two were joined.
  merge       bigint,
  primary key (workspace, id),
  unique (workspace, matcher, lower, upper),
  check (lower < upper)
);

create index match_proposals_by_weight on tenon.match_proposals (workspace, state, weight desc, id);
create index match_proposals_by_merge on tenon.match_proposals (workspace, merge) where merge is not null;

alter table tenon.models drop constraint models_kind_check;
alter table tenon.models add constraint models_kind_check check (kind in ('tag', 'segment', 'recommender', 'matcher'));

-- A merge that did not come with an event: its persons are evaluated anew by whoever finds it, once the engine knows of it.
alter table tenon.merges add column settled boolean not null default true;
create index merges_to_settle on tenon.merges (workspace, id) where not settled;

-- Operators may let two identifiers join people again, and see how often they were kept from it.
alter table tenon.unmerge_blocks
  add column lifted_at timestamptz,
  add column lifted_by text,
  add column lift_reason text,
  add column held_back bigint not null default 0,
  add column held_source text,
  add column held_message text,
  add column held_at timestamptz;
`
