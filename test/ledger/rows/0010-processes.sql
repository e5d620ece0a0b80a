insert into crosswalk.processes (id, host, pid, schema, started_at, seen_at) values
  (gen_random_uuid(), 'gone', 1, '0010-processes.sql', '2026-01-02', '2026-01-03');
