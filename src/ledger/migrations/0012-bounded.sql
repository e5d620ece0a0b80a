-- additive
-- When a periodic task was last begun by any process, so that one of them does it, and one that was missed is made up for.
create table crosswalk.upkeep (
  task text primary key,
  begun_at timestamptz not null
);

-- Since when the configuration does not name it any more; null while it does. What is gone for long goes from here as well.
alter table crosswalk.syncs add column gone_since timestamptz;
alter table crosswalk.connections add column gone_since timestamptz;

-- Every order rewrites its link several times; a fifth of a large table would be a long time to wait with the vacuum.
alter table crosswalk.links set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
-- Whole days go at once, and their room is to be used again the same night.
alter table crosswalk.timeline set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000);
alter table crosswalk.requests set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000);
alter table crosswalk.events set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000);

-- When the personal data of a link was erased on request; null where it was not.
alter table crosswalk.links add column erased_at timestamptz;
