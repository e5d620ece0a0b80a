-- additive
-- What a later release may do while processes of this one are at work.
create table crosswalk.more (id bigint generated always as identity primary key, note text not null);
alter table crosswalk.links add column more jsonb, add column less boolean not null default false;
alter table crosswalk.inbox add column more text, add column less integer not null default 0;
alter table crosswalk.problems add column more text;
alter table crosswalk.problem_records add column more text;
alter table crosswalk.runs add column more text;
alter table crosswalk.syncs add column more jsonb not null default '{}';
alter table crosswalk.connections add column more text;
alter table crosswalk.timeline add column more text not null default '';
create index timeline_more on crosswalk.timeline (sync, at) where more <> '';
create index links_more on crosswalk.links (sync, updated_at);
update crosswalk.links set more = '{}' where stage is not null;
