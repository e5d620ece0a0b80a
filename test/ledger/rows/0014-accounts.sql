insert into crosswalk.accounts (name, display, role, password, disabled, created_at) values
  ('ida', 'Ida', 'admin', 'scrypt$131072$8$1$AA$AA', false, '2026-01-02');
insert into crosswalk.one_time_links (digest, account, ends_at) values ('\x01', 'ida', '2026-01-03');
insert into crosswalk.sessions (digest, account, started_at, seen_at, ends_at) values ('\x01', 'ida', '2026-01-02', '2026-01-02', '2026-01-03');
insert into crosswalk.api_tokens (digest, name, role, created_by, created_at, ends_at, used_at) values
  ('\x01', 'reports', 'viewer', 'ida', '2026-01-02', '2026-01-03', '2026-01-02');
insert into crosswalk.audit (at, actor, origin, action, subject, outcome) values
  ('2026-01-02', 'ida', '127.0.0.1', 'runSync', '{"name": "orders"}', 'done');
