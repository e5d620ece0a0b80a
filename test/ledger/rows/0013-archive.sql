-- Brotli of {"source":{"erp_status":"paid"},"target":{"lines":{},"fields":{}}}.
insert into crosswalk.links (
  sync, kind, source_connection, source_object, source_id, key, state, target_connection, target_object, target_id, scope, origin,
  stage, archived, created_at, updated_at
) values (
  'orders', 'order', 'crm', 'deals', 'over', 'k_over', 'linked', 'erp', 'sale.order', '12', '', 'created',
  'paid', '\x1b4100409c07760c99065a58c0e94df84b91bdbe2a934b1d96be14f98273ca01730bac45855df01e635bd984e2988f786a70d339e19125b0a785d003',
  '2026-01-02', '2026-01-03'
);
