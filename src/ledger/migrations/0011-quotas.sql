-- additive
-- What is left of a system's calls in each window that it counts, for all processes. Takes the place of crosswalk.budgets, which
-- an older release that still runs goes on with.
create table crosswalk.quotas (
  connection text not null,
  -- what people call it: day, 10 seconds
  name text not null,
  call_limit integer not null,
  window_ms bigint not null,
  -- as the system counts, less the calls that were taken since
  remaining integer not null,
  ends_at timestamptz not null,
  primary key (connection, name)
) with (fillfactor = 50);

-- How many calls at once each system takes, as it was learnt, and which process may have how many of them under way.
create table crosswalk.parallelism (
  connection text primary key,
  calls integer not null,
  -- what its connector allows
  most integer not null,
  -- by process: src/ledger/shares.ts
  holders jsonb not null default '{}'
) with (fillfactor = 50);

-- Syncs whose records of a lane, and of the lanes behind it, wait until a quota is free again.
create table crosswalk.quota_waits (
  sync text not null,
  -- 0 live, 1 retry, 2 backfill
  lane smallint not null,
  connection text not null,
  until timestamptz not null,
  primary key (sync, lane)
);

-- Until when a run waits for a quota; it then goes on by itself.
alter table crosswalk.runs add column waits_until timestamptz;
