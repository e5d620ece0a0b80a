-- breaking: columns of links are renamed, and primary keys changed
-- Records are named in full: connection, object and id. Rows of earlier releases know the id alone; `name_records` fills in
-- the rest once the configuration is read, until then it is empty.
alter table crosswalk.inbox add column connection text not null default '', add column object text not null default '';
alter table crosswalk.inbox drop constraint inbox_pkey, add primary key (sync, connection, object, record_id);

alter table crosswalk.problem_records
  add column connection text not null default '', add column object text not null default '';
alter table crosswalk.problem_records
  drop constraint problem_records_pkey, add primary key (sync, connection, object, record_id);

alter table crosswalk.timeline
  add column connection text not null default '', add column object text not null default '',
  -- who asked for it; null for Crosswalk itself
  add column actor text;
create index timeline_unnamed on crosswalk.timeline (sync) where connection = '';

alter table crosswalk.runs add column actor text;

-- A link has two ends that are alike.
alter table crosswalk.links rename column connection to target_connection;
alter table crosswalk.links rename column reported to source_written;
alter table crosswalk.links rename column written to target_written;
alter table crosswalk.links rename column label to source_label;
alter table crosswalk.links
  add column source_connection text not null default '', add column source_object text not null default '';
alter table crosswalk.links drop constraint links_source;
alter table crosswalk.links
  add constraint links_source unique (sync, kind, source_connection, source_object, source_id);
create index links_unnamed on crosswalk.links (sync) where source_connection = '';
-- Within which a target has one link; the flow says it now.
alter table crosswalk.links alter column scope drop expression;

-- One place for each object that is followed.
alter table crosswalk.syncs add column cursors jsonb not null default '{}';

-- Names the rows of a sync that an earlier release left: its records are those of one object, what it links beside them is
-- named by its kind. `watched` is the object whose changes the old cursor belongs to; null leaves the cursor alone.
create function crosswalk.name_records(of_sync text, of_connection text, of_object text, watched text, main_kind text)
returns void language plpgsql as $$
begin
  -- A hint that came before this one was named is one with it, as good as the better of the two.
  with old as (
    delete from crosswalk.inbox old using crosswalk.inbox new
    where old.sync = of_sync and old.connection = '' and new.sync = of_sync and new.connection = of_connection
      and new.object = of_object and new.record_id = old.record_id
    returning old.*
  )
  update crosswalk.inbox new set
    lane = least(new.lane, old.lane), hinted_at = least(new.hinted_at, old.hinted_at), due_at = least(new.due_at, old.due_at),
    run = coalesce(new.run, old.run)
    from old where new.sync = of_sync and new.connection = of_connection and new.object = of_object
      and new.record_id = old.record_id;
  update crosswalk.inbox set connection = of_connection, object = of_object where sync = of_sync and connection = '';
  delete from crosswalk.problem_records old using crosswalk.problem_records new
    where old.sync = of_sync and old.connection = '' and new.sync = of_sync and new.connection = of_connection
      and new.object = of_object and new.record_id = old.record_id;
  update crosswalk.problem_records set connection = of_connection, object = of_object
    where sync = of_sync and connection = '';
  update crosswalk.timeline set connection = of_connection, object = of_object where sync = of_sync and connection = '';
  update crosswalk.links set
    source_connection = of_connection, source_object = case kind when main_kind then of_object else kind end
    where sync = of_sync and source_connection = '';
  update crosswalk.syncs set cursors = jsonb_build_object(watched, cursor) || cursors, cursor = null
    where sync = of_sync and cursor is not null and watched is not null;
end
$$;

-- As before, with one rule more: a link that is linked stays so unless it is moved on purpose, so that a worker that
-- comes late with the same customer cannot undo what another has done.
create or replace function crosswalk.update_links(patches jsonb) returns setof bigint language plpgsql as $$
declare
  taken bigint[];
begin
  for attempt in 1..10 loop
    -- In the order in which they are intended, so that two workers with some links in common cannot wait for each other.
    perform from crosswalk.links link
      where link.id in (select (patch ->> 'id')::bigint from jsonb_array_elements(patches) as given (patch))
      order by link.sync, link.kind, link.source_connection, link.source_object, link.source_id for update;
    select coalesce(array_agg(wanted.id), '{}') into taken
    from (
      select link.id, link.kind, link.scope, link.target_connection, link.target_object, patch ->> 'targetId' as target_id,
        row_number() over (
          partition by link.kind, link.scope, link.target_connection, link.target_object, patch ->> 'targetId'
          order by link.target_id is not distinct from patch ->> 'targetId' desc, place
        ) as nth
      from jsonb_array_elements(patches) with ordinality as given (patch, place)
      join crosswalk.links link on link.id = (patch ->> 'id')::bigint
      where patch ->> 'targetId' is not null
    ) wanted
    where nth > 1 or exists (
      select from crosswalk.links other
      where other.kind = wanted.kind and other.scope = wanted.scope and other.target_connection = wanted.target_connection
        and other.target_object = wanted.target_object and other.target_id = wanted.target_id and other.id <> wanted.id
    );
    begin
      update crosswalk.links link set
        state = case when link.state = 'linked' and not patch ? 'move' then link.state
          else coalesce(patch ->> 'state', link.state) end,
        target_id = case
          when link.state = 'linked' and link.target_id is not null and not patch ? 'move' then link.target_id
          when patch ? 'targetId' then patch ->> 'targetId' else link.target_id end,
        origin = case when link.state = 'linked' and link.origin is not null and not patch ? 'move' then link.origin
          else coalesce(patch ->> 'origin', link.origin) end,
        target_written = coalesce(patch -> 'written', link.target_written)
          || case when patch ? 'confirmed' then jsonb_build_object('confirmed', patch -> 'confirmed') else '{}' end,
        source_written = coalesce(patch -> 'reported', link.source_written),
        source_label = case when patch ? 'label' then patch ->> 'label' else link.source_label end,
        target_label = case when patch ? 'targetLabel' then patch ->> 'targetLabel' else link.target_label end,
        stage = case when patch ? 'stage' then patch ->> 'stage' else link.stage end,
        source_version = coalesce(patch ->> 'sourceVersion', link.source_version),
        target_version = coalesce(patch ->> 'targetVersion', link.target_version),
        updated_at = statement_timestamp()
      from jsonb_array_elements(patches) as given (patch)
      where link.id = (patch ->> 'id')::bigint and link.id <> all (taken);
      return query select unnest(taken);
      return;
    exception when unique_violation then
      -- The other transaction has committed by now, so the next look sees its link.
      null;
    end;
  end loop;
  raise 'links: targets were taken by other workers ten times in a row; try again';
end
$$;
