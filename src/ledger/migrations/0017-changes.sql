-- additive
-- What changes is noted for those who look on: each topic has a sequence that triggers move. Unlike a row, a sequence is never
-- waited for, and what moves it works for processes of earlier releases as well. See docs/decisions/0042-live-updates.md.
create sequence crosswalk.changed_deals;
create sequence crosswalk.changed_problems;
create sequence crosswalk.changed_runs;
create sequence crosswalk.changed_status;
create sequence crosswalk.changed_project;
create sequence crosswalk.changed_audit;
create sequence crosswalk.changed_accounts;
create sequence crosswalk.changed_access;

create function crosswalk.note_change() returns trigger language plpgsql as $$
begin
  perform nextval(('crosswalk.changed_' || tg_argv[0])::regclass);
  return null;
end
$$;

-- For each row, and not for each statement: most statements of those who look for work find none.
create trigger changed after insert or update or delete on crosswalk.links
  for each row execute function crosswalk.note_change('deals');
create trigger changed after insert on crosswalk.timeline
  for each row execute function crosswalk.note_change('deals');
create trigger changed after insert or update or delete on crosswalk.problems
  for each row execute function crosswalk.note_change('problems');
create trigger changed after insert or update or delete on crosswalk.problem_records
  for each row execute function crosswalk.note_change('problems');
create trigger changed after insert or update or delete on crosswalk.runs
  for each row execute function crosswalk.note_change('runs');
create trigger changed after insert or update or delete on crosswalk.inbox
  for each row execute function crosswalk.note_change('status');
create trigger changed after insert or update or delete on crosswalk.syncs
  for each row execute function crosswalk.note_change('status');
create trigger changed after insert or update or delete on crosswalk.connections
  for each row execute function crosswalk.note_change('status');
create trigger changed after insert or delete on crosswalk.certificates
  for each row execute function crosswalk.note_change('status');
create trigger changed after insert or update or delete on crosswalk.quota_waits
  for each row execute function crosswalk.note_change('status');
create trigger changed after insert or update or delete on crosswalk.alert_channels
  for each row execute function crosswalk.note_change('status');
create trigger changed after insert on crosswalk.revisions
  for each row execute function crosswalk.note_change('project');
create trigger changed after insert on crosswalk.audit
  for each row execute function crosswalk.note_change('audit');
create trigger changed after insert or update or delete on crosswalk.accounts
  for each row execute function crosswalk.note_change('accounts');
create trigger changed after insert or delete or update of ends_at on crosswalk.api_tokens
  for each row execute function crosswalk.note_change('accounts');

-- Whoever is served for long is asked anew who they are.
create trigger lost after delete or update of role, disabled on crosswalk.accounts
  for each row execute function crosswalk.note_change('access');
create trigger lost after delete on crosswalk.sessions
  for each row execute function crosswalk.note_change('access');
create trigger lost after delete or update of ends_at on crosswalk.api_tokens
  for each row execute function crosswalk.note_change('access');

-- What lists are sorted by, with the id behind it. Of labels as much as an entry of an index has room for in any case.
create index links_updated on crosswalk.links (updated_at, id) where kind = 'order';
create index links_source_label on crosswalk.links (left(lower(coalesce(source_label, '')), 100), id) where kind = 'order';
create index links_target_label on crosswalk.links (left(lower(coalesce(target_label, '')), 100), id) where kind = 'order';
create index links_amount on crosswalk.links (coalesce(source_amount, '-Infinity'::numeric), id) where kind = 'order';
create index links_stage on crosswalk.links (coalesce(stage, ''), id) where kind = 'order';
-- By which what waits on a problem, and the page of one deal, find them; and all are counted without reading what was written.
create index links_source_id on crosswalk.links (source_id);
create index links_counted on crosswalk.links (sync, kind, state, stage);
