-- additive
-- What people did about a problem, and how it was over. Whether it is open follows from what waits on it, as before: nothing of
-- this says so. What an older process knows nothing of stays as it is when that opens a problem again; who reads it goes by the
-- times, see src/ledger/problems.ts.
alter table crosswalk.problems
  -- how often it opened again
  add column came_back integer not null default 0,
  -- how many records waited when it opened, or when somebody last did something about it
  add column waited integer,
  -- when somebody last did something about it
  add column touched_at timestamptz,
  add column assignee text,
  add column muted_at timestamptz,
  add column muted_by text,
  add column muted_because text,
  add column muted_until date,
  -- as it was then, so that it is seen when it gets worse
  add column muted_waiting integer,
  add column muted_kind text,
  -- when a record was last taken off it, or it was closed itself: how, and by whom
  add column closed_at timestamptz,
  add column closed_how text,
  add column closed_by text;

-- What was done so that the record goes through; null once it fails again.
alter table crosswalk.problem_records add column tried_how text, add column tried_by text;

-- Who did what about a problem.
create table crosswalk.problem_deeds (
  id bigint generated always as identity primary key,
  problem_id bigint not null references crosswalk.problems on delete cascade,
  at timestamptz not null,
  deed text not null,
  actor text,
  -- what goes with it: a name, a reason
  about text
);
create index problem_deeds_problem on crosswalk.problem_deeds (problem_id, id);
