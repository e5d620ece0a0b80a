-- additive
-- Processes that have this ledger open, so that a migration which they would not survive waits until they have ended.
create table crosswalk.processes (
  id uuid primary key,
  host text not null,
  pid integer not null,
  -- the last migration that its release knows
  schema text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null
) with (fillfactor = 50);
