insert into crosswalk.alerting (worker, lease_until) values ('dead', '2026-01-03');
insert into crosswalk.alert_channels (channel, waiting_since, told_at, failures, failing_since, next_try_at, failure, certified) values
  ('office', '2026-01-02', '2026-01-02', 1, '2026-01-03', '2026-01-03', '{"problem": {"kind": "unavailable"}, "message": "down", "fix": "start it"}', 0);
insert into crosswalk.alerts (channel, subject, condition, step, told_at) values
  ('office', 'problem 1', '{"subject": "problem 1", "about": "orders", "severity": "normal", "kind": "lookup_failed", "title": "T", "message": "no X", "fix": "add X", "command": "crosswalk problems 1", "since": "2026-01-02T00:00:00.000Z", "waiting": 1, "record": "deal", "problem": "1"}', 1, '2026-01-02');
update crosswalk.syncs set looked_at = '2026-01-03';
update crosswalk.connections set expires_at = '2026-02-03';
update crosswalk.links set source_amount = 42.50, source_currency = 'EUR' where key = 'k_rejected';
insert into crosswalk.certificates (sync, at, text, signature) values ('orders', '2026-01-03', :certificate, :signature);
