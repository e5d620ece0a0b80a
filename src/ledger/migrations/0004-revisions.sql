-- additive
-- Published states of the project's files. The files of the newest one are kept, encrypted, as a configuration may hold what
-- nobody else should read.
create table crosswalk.revisions (
  number integer primary key,
  at timestamptz not null,
  actor text,
  note text,
  -- [{ path, change }] against the one before
  changes jsonb not null,
  files text
);

-- What the server that was started last read at its start and keeps until its end, encrypted as well.
create table crosswalk.started (
  one boolean primary key default true check (one),
  kept text not null
);
