insert into crosswalk.shared_orders (digest, sync, connection, object, record_id, created_by, created_at, ends_at, used_at) values
  ('\x01', 'orders', 'crm', 'deals', 'linked', 'ida', '2026-01-02', '2026-02-02', '2026-01-03');
