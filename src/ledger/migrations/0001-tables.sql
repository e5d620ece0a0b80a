-- additive
-- The inbox: one row a record of a sync, however many hints came. A row waits (worker is null) or is in work.
create table crosswalk.inbox (
  sync text not null,
  record_id text not null,
  -- 0 live, 1 retry, 2 backfill
  lane smallint not null,
  run text,
  -- deferrals so far
  attempts integer not null default 0,
  hinted_at timestamptz not null,
  -- when it may be claimed; the order within a lane
  due_at timestamptz not null,
  worker text,
  lease_until timestamptz,
  -- counts the claims, so that who lost a lease cannot settle what was claimed again
  version bigint not null default 0,
  -- the best lane of the hints that came while the row was in work; null when none came
  again smallint,
  primary key (sync, record_id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
create index inbox_waiting on crosswalk.inbox (sync, lane, due_at, hinted_at) where worker is null;
create index inbox_leases on crosswalk.inbox (lease_until) where worker is not null;

create table crosswalk.links (
  id bigint generated always as identity primary key,
  sync text not null,
  kind text not null,
  source_id text not null,
  key text not null,
  state text not null,
  connection text not null,
  target_object text not null,
  target_id text,
  origin text,
  written jsonb,
  reported jsonb,
  label text,
  target_label text,
  stage text,
  -- In which state the source's record was last read, and the target's last reported: what a look at changes meets in that
  -- state again is no news. See docs/decisions/0012-echo.md.
  source_version text,
  target_version text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Within which a target has one link: an order has one deal, whichever CRM it is in; two CRMs may share a customer.
  scope text not null generated always as (case kind when 'customer' then sync else '' end) stored,
  -- One deal, one order.
  constraint links_source unique (sync, kind, source_id),
  constraint links_target unique (connection, target_object, target_id, kind, scope)
) with (fillfactor = 80);
create index links_unfinished on crosswalk.links (state, id) where state <> 'linked';

-- A problem is open while it concerns a whole sync or connection, or while records wait on it.
create table crosswalk.problems (
  id bigint generated always as identity primary key,
  sync text not null,
  cause_key text not null,
  kind text not null,
  failure jsonb not null,
  whole boolean not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  unique (sync, cause_key)
);
-- Each record keeps its own failure: the message names the record, the problem groups them by cause.
create table crosswalk.problem_records (
  sync text not null,
  record_id text not null,
  problem_id bigint not null references crosswalk.problems on delete cascade,
  failure jsonb not null,
  since timestamptz not null,
  primary key (sync, record_id)
);
create index problem_records_problem on crosswalk.problem_records (problem_id, since, record_id);

create table crosswalk.timeline (
  id bigint generated always as identity,
  record_id text not null,
  sync text not null,
  at timestamptz not null,
  event text not null,
  text text not null,
  details jsonb not null,
  primary key (record_id, at, id)
);
-- Rows come in the order of time, so a block range index finds the old ones at hardly any cost.
create index timeline_at on crosswalk.timeline using brin (at);

create table crosswalk.runs (
  id bigint generated always as identity primary key,
  sync text not null,
  kind text not null,
  state text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  counts jsonb not null default '{}',
  reason text
) with (fillfactor = 80);
create index runs_sync on crosswalk.runs (sync, id);

create table crosswalk.syncs (
  sync text primary key,
  enabled_at timestamptz not null,
  mode text not null default 'live',
  mappings text,
  held_because text,
  extra_orders integer not null default 0,
  cursor jsonb
) with (fillfactor = 50);
-- New orders that the guard granted.
create table crosswalk.allowances (
  sync text not null,
  at timestamptz not null,
  orders integer not null
);
create index allowances_sync on crosswalk.allowances (sync, at);

create table crosswalk.connections (
  connection text primary key,
  account jsonb,
  paused_because jsonb,
  paused_until timestamptz,
  failures integer not null default 0,
  -- encrypted: src/ledger/vault.ts
  secrets text
);
-- What is left of a system's calls in the window under way, for all processes.
create table crosswalk.budgets (
  connection text primary key,
  call_limit integer not null,
  window_ms bigint not null,
  remaining integer not null,
  ends_at timestamptz not null
) with (fillfactor = 50);

-- Raw webhook requests, and the events in them.
create table crosswalk.requests (
  id bigint generated always as identity primary key,
  connection text not null,
  received_at timestamptz not null,
  body text not null
);
create index requests_received on crosswalk.requests using brin (received_at);
create table crosswalk.events (
  connection text not null,
  id text not null,
  request_id bigint not null,
  hint jsonb,
  received_at timestamptz not null,
  primary key (connection, id)
);
create index events_received on crosswalk.events using brin (received_at);

-- A system's stream of events is followed by one worker at a time.
create table crosswalk.streams (
  connection text primary key,
  worker text not null,
  lease_until timestamptz not null,
  -- how far it was followed, in the connector's own words
  place jsonb
) with (fillfactor = 50);
