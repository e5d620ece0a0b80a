insert into crosswalk.upkeep (task, begun_at) values ('purge', '2026-01-03');
insert into crosswalk.syncs (sync, enabled_at, gone_since) values ('left out', '2026-01-01', '2026-01-02');
insert into crosswalk.connections (connection, gone_since) values ('left out', '2026-01-02');
update crosswalk.links set erased_at = '2026-01-03' where key = 'k_rejected';
