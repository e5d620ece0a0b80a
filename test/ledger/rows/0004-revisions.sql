insert into crosswalk.revisions (number, at, actor, note, changes, files) values
  (1, '2026-01-02', null, null, '[]', null),
  (2, '2026-01-03', 'ida@host', 'payment terms', '[{"path": "config/tables/terms.yaml", "change": "new"}]', :files);
insert into crosswalk.started (kept) values (:started);
