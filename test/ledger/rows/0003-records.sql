-- anew
-- What was written before this migration named records by their ids alone.
insert into crosswalk.inbox (sync, connection, object, record_id, lane, run, attempts, hinted_at, due_at, worker, lease_until, version, again) values
  ('orders', 'crm', 'deals', 'waits', 0, '1', 0, now() - interval '1 minute', now() - interval '1 minute', null, null, 0, null),
  ('orders', 'crm', 'deals', 'later', 2, '1', 3, now() - interval '1 hour', now() + interval '1 hour', null, null, 4, null),
  ('orders', 'crm', 'deals', 'in work', 1, null, 1, now() - interval '1 hour', now() - interval '1 hour', 'dead', now() - interval '1 second', 2, 0);
insert into crosswalk.links
  (sync, kind, source_connection, source_object, source_id, key, state, target_connection, target_object, target_id, scope, origin, target_written, source_written, source_label, target_label, stage, source_version, target_version, created_at, updated_at) values
  ('orders', 'order', 'crm', 'deals', 'linked', 'k_linked', 'linked', 'erp', 'sale.order', '10', '', 'created', '{"fields": {"partner_id": "7"}, "lines": {}, "confirmed": true}', '{"erp_status": "ready"}', 'Deal', 'S010', 'confirmed', 'd 1', 'd 2', '2026-01-02', '2026-01-03'),
  ('orders', 'order', 'crm', 'deals', 'sent', 'k_sent', 'sent', 'erp', 'sale.order', null, '', null, null, null, 'Deal', null, null, null, null, '2026-01-02', '2026-01-03'),
  ('orders', 'order', 'crm', 'deals', 'unknown', 'k_unknown', 'unknown', 'erp', 'sale.order', null, '', null, null, null, 'Deal', null, null, null, null, '2026-01-02', '2026-01-03'),
  ('orders', 'order', 'crm', 'deals', 'rejected', 'k_rejected', 'rejected', 'erp', 'sale.order', null, '', null, null, null, 'Deal', null, null, null, null, '2026-01-02', '2026-01-03');
insert into crosswalk.problems (sync, cause_key, kind, failure, whole, first_seen, last_seen) values
  ('orders', 'lookup_failed product X', 'lookup_failed', '{"problem": {"kind": "lookup_failed", "object": "product", "value": "X", "hits": 0}, "message": "no X", "fix": "add X"}', false, '2026-01-02', '2026-01-03'),
  ('connection erp', 'unavailable', 'unavailable', '{"problem": {"kind": "unavailable"}, "message": "down", "fix": "start it"}', true, '2026-01-02', '2026-01-03');
insert into crosswalk.problem_records (sync, connection, object, record_id, problem_id, failure, since) values
  ('orders', 'crm', 'deals', 'rejected', 1, '{"problem": {"kind": "lookup_failed", "object": "product", "value": "X", "hits": 0}, "message": "no X", "fix": "add X"}', '2026-01-02');
insert into crosswalk.timeline (connection, object, record_id, sync, at, event, text, details, actor) values
  ('crm', 'deals', 'linked', 'orders', '2026-01-02', 'created', 'An order was made', '{"fields": []}', 'ida@host');
insert into crosswalk.runs (sync, kind, state, started_at, ended_at, counts, reason, actor) values
  ('orders', 'scheduled', 'stopped', '2026-01-02', '2026-01-02', '{"found": 3}', 'it was down', 'ida@host');
insert into crosswalk.syncs (sync, enabled_at, mode, mappings, held_because, extra_orders, cursors) values
  ('orders', '2026-01-01', 'live', 'digest', 'a person said so', 4, '{"deals": {"from": "2026-01-03"}}');
insert into crosswalk.allowances (sync, at, orders) values ('orders', '2026-01-03T10:00:00Z', 6);
insert into crosswalk.connections (connection, account, paused_because, paused_until, failures, secrets) values
  ('crm', '{"id": "4711"}', '{"problem": {"kind": "unavailable"}, "message": "down", "fix": "start it"}', '2026-01-03', 2, :secrets);
insert into crosswalk.budgets (connection, call_limit, window_ms, remaining, ends_at) values ('crm', 100, 10000, 50, '2026-01-03');
insert into crosswalk.requests (connection, received_at, body) values ('crm', '2026-01-03', '[]');
insert into crosswalk.events (connection, id, request_id, hint, received_at) values
  ('crm', 'e1', 1, '{"object": "deals", "id": "linked"}', '2026-01-03');
insert into crosswalk.streams (connection, worker, lease_until, place) values ('crm', 'dead', '2026-01-03', '{"replayId": 7}');
