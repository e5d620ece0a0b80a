update crosswalk.problems set came_back = 2, waited = 1, touched_at = '2026-01-03', assignee = 'ida', muted_at = '2026-01-03',
  muted_by = 'ida', muted_because = 'The article comes next week', muted_until = '2026-01-10', muted_waiting = 1,
  muted_kind = 'lookup_failed', closed_at = '2026-01-01', closed_how = 'retried', closed_by = 'ida' where id = 1;
update crosswalk.problem_records set tried_how = 'retried', tried_by = 'ida' where problem_id = 1;
insert into crosswalk.problem_deeds (problem_id, at, deed, actor, about) values
  (1, '2026-01-03', 'muted', 'ida', 'The article comes next week');
