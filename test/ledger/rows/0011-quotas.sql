insert into crosswalk.quotas (connection, name, call_limit, window_ms, remaining, ends_at) values
  ('crm', 'day', 1000, 86400000, 900, '2026-01-04');
insert into crosswalk.parallelism (connection, calls, most, holders) values
  ('crm', 3, 6, '{"dead": {"held": 3, "since": 1767398400000, "until": 1767398410000}}');
insert into crosswalk.quota_waits (sync, lane, connection, until) values ('orders', 2, 'crm', '2026-01-03');
update crosswalk.runs set waits_until = '2026-01-03' where reason is not null;
